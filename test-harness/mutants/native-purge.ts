import type { Lifetime, SessionStore, StoredSession } from '@leeway/core/adapter'
import { defineSubject } from '../src/index.ts'
import { type Backend, type Mutant, mutant } from './mutant.ts'

/** When a write makes the backend drop the record: undefined for never, 'as before' for no change. */
type DropAt = (lifetime: Lifetime, operation: 'create' | 'update' | 'touch') => number | undefined | 'as before'

/** Faults of stores whose backend drops records by itself, as they show when time really passes. */
export const nativePurgeMutants: readonly Mutant[] = [
  expiring('a native purge that nobody does', 'is still there', () => undefined),
  expiring('a time to live until the expiry', 'was gone before its purge time', ({ expiresAt }) => expiresAt),
  expiring('an update takes the time to live away', 'that was updated is still there', ({ purgeAt }, operation) =>
    operation === 'update' ? undefined : purgeAt,
  ),
  expiring('a touch leaves the time to live as it was', 'that was touched was gone before', ({ purgeAt }, operation) =>
    operation === 'touch' ? 'as before' : purgeAt,
  ),
]

function expiring(name: string, message: string, dropAt: DropAt): Mutant {
  const { subject, ...rest } = mutant(name, 'CAP-009', message, (store, backend) => dropping(store, backend, dropAt))
  return { ...rest, subject: defineSubject({ ...subject, expiresInRealTime: true }) }
}

const drops = new WeakMap<Map<string, StoredSession>, Map<string, number>>()

/** A store that drops a record at its own time, when somebody next looks. */
function dropping(store: SessionStore, { records, key, clock }: Backend, dropAt: DropAt): SessionStore {
  const due = drops.get(records) ?? new Map<string, number>()
  drops.set(records, due)
  const written = <T>(id: string, at: ReturnType<DropAt>, answer: T): T => {
    if (at === undefined) due.delete(key(id))
    else if (at !== 'as before') due.set(key(id), at)
    return answer
  }
  return {
    ...store,
    capabilities: Object.freeze({ ...store.capabilities, purge: 'native' }),
    create: async (session) => written(session.id, dropAt(session, 'create'), await store.create(session)),
    update: async (session, expected) =>
      written(session.id, dropAt(session, 'update'), await store.update(session, expected)),
    touch: async (loaded, lifetime) =>
      written(loaded.id, dropAt(lifetime, 'touch'), await store.touch(loaded, lifetime)),
    async load(id) {
      if ((due.get(key(id)) ?? Number.POSITIVE_INFINITY) <= clock.now()) records.delete(key(id))
      return store.load(id)
    },
  }
}
