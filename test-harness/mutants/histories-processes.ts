import { loadSubject } from '../src/engine/load-subject.ts'
import type { SharedFault } from './histories-shared.subject.ts'
import type { Mutant } from './mutant.ts'

const INEXPLICABLE = 'no order of these calls'

/** Faults of stores that keep all rules within one process, and all but one in the others. */
export const historyProcessMutants: readonly Mutant[] = [
  await shared('a lock of its own', 'HISTORY-003', INEXPLICABLE),
  await shared('a cache of its own', 'HISTORY-003', INEXPLICABLE),
  await shared('takes records away', 'HISTORY-004', INEXPLICABLE),
  await shared('a lock for good', 'HISTORY-004', 'nothing was answered for'),
]

async function shared(fault: SharedFault, rule: string, message: string): Promise<Mutant> {
  const url = new URL('./histories-shared.subject.ts', import.meta.url)
  url.searchParams.set('fault', fault)
  return { name: `shared files: ${fault}`, rule, message, subject: await loadSubject(url.href) }
}
