import { defineSubject, type Subject } from '../src/engine/subject.ts'
import { type CrashFault, crashFaults } from './crash-faults.ts'
import { crashBackend, crashStore } from './crash-store.ts'

/** The store that survives crashes, with a fault. The module's URL names it in its query, for child processes. */
export function crashSubject(module: string): Subject {
  const fault = (new URL(module).searchParams.get('fault') ?? 'nothing is wrong') as CrashFault
  return defineSubject({
    name: `files, ${fault}`,
    module,
    open(options) {
      const backend = crashBackend(options)
      const store = crashStore(backend)
      return { ...store, ...crashFaults[fault](store, backend) }
    },
  })
}

export default crashSubject(import.meta.url)
