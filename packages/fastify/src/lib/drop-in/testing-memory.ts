import type { StoredSession } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import type { DropInOptions } from '@leeway/core/records'
import { HeldStore } from '../testing/held-store.ts'
import { fastifySessionStore } from './fastify-session-store.ts'
import type { Subject } from './testing-subjects.ts'

/** For the tests of this package: what is stored, and the calls that its store received. */
export function onMemory(options: Partial<DropInOptions> = {}) {
  const records = new Map<string, StoredSession>()
  const backend = new HeldStore(memoryStore({ records }))
  const store = fastifySessionStore({ store: backend.store, ...options })
  const subject: Subject = {
    name: 'leeway on memory',
    isLeeway: true,
    open: async () => ({ store, breakDown: () => store.close(), close: () => store.close() }),
  }
  return { records, backend, store, subject }
}
