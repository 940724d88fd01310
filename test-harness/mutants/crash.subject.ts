import { defineSubject } from '../src/engine/subject.ts'
import { type CrashFault, crashFaults } from './crash-faults.ts'
import { crashBackend, crashStore } from './crash-store.ts'

const fault = (new URL(import.meta.url).searchParams.get('fault') ?? 'nothing is wrong') as CrashFault

/** The store that survives crashes, with the fault that the query of this module's URL names. */
export default defineSubject({
  name: `files, ${fault}`,
  module: import.meta.url,
  open(options) {
    const backend = crashBackend(options)
    const store = crashStore(backend)
    return { ...store, ...crashFaults[fault](store, backend) }
  },
})
