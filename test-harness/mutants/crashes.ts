import { crashSubject } from './crash.subject.ts'
import type { CrashFault } from './crash-faults.ts'
import type { Mutant } from './mutant.ts'

/** Faults of what is left when a process dies. */
export const crashMutants: readonly Mutant[] = [
  mutant('CRASH-001', 'a create takes the id before it has the record', 'create answers'),
  mutant('CRASH-001', 'the index of owners is written after the answer', 'list by owner'),
  mutant('CRASH-002', 'an update writes over the file in place', 'the call rejected'),
  mutant('CRASH-002', 'an update is answered before it is written', 'an acknowledged update is lost'),
  mutant('CRASH-002', 'an update announces itself and is then refused', 'update answers'),
  mutant('CRASH-003', 'a touch removes the record to write it again', 'neither as it was acknowledged'),
  mutant('CRASH-004', 'a destroy leaves for last what makes it a record', 'the call rejected'),
  mutant('CRASH-005', 'a sweep that has begun is left to end', 'sweep answers'),
  mutant('CRASH-005', 'a sweep drops the records first and what it knows of them last', 'the call rejected'),
  mutant('CRASH-006', 'a load takes the record away to read it', 'the call rejected'),
  mutant('CRASH-007', 'a lock stays when its holder dies', 'it waits for one who is dead'),
  mutant(
    'CRASH-008',
    'what several requests write at once is written a little later',
    'neither as it was acknowledged',
  ),
]

function mutant(rule: string, fault: CrashFault, message: string): Mutant {
  const url = new URL('./crash.subject.ts', import.meta.url)
  url.searchParams.set('fault', fault)
  // Not imported from there: a test runner that transforms modules hides the query from them.
  return { name: fault, rule, message, subject: crashSubject(url.href) }
}
