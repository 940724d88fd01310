import type { StoredSession } from '@leeway/core/adapter'
import { due, type Mutant, mutant } from './mutant.ts'

const WRONG = 'the last answer of this script is wrong'

/** Faults in combinations that no rule of one operation thinks of. */
export const modelMutants: readonly Mutant[] = [
  mutant('a repeated create is taken for done, destroyed or not', 'MODEL-001', WRONG, (store) => {
    const created = new Map<string, string>()
    return {
      ...store,
      async create(session) {
        if (created.get(session.id) === session.version) return 'created'
        const answer = await store.create(session)
        if (answer === 'created') created.set(session.id, session.version)
        return answer
      },
    }
  }),
  mutant('a repeated update is taken for done, destroyed or not', 'MODEL-001', WRONG, (store) => {
    const saved = new Map<string, string>()
    return {
      ...store,
      async update(session, expected) {
        if (saved.get(session.id) === session.version) return 'saved'
        const answer = await store.update(session, expected)
        if (answer === 'saved') saved.set(session.id, session.version)
        return answer
      },
    }
  }),
  mutant('sweep remembers up to when it has swept', 'MODEL-001', WRONG, (store) => {
    let swept = 0
    return {
      ...store,
      async sweep(options) {
        if (options.cutoff <= swept) return store.sweep({ ...options, cutoff: 0 })
        const result = await store.sweep(options)
        if (result.cursor === undefined) swept = options.cutoff
        return result
      },
    }
  }),
  mutant('a handle remembers what it has destroyed', 'MODEL-002', WRONG, (store) => {
    const destroyed = new Set<string>()
    return {
      ...store,
      async create(session) {
        destroyed.delete(session.id)
        return store.create(session)
      },
      async destroy(id) {
        if (destroyed.has(id)) return 'gone'
        const answer = await store.destroy(id)
        if (answer === 'destroyed') destroyed.add(id)
        return answer
      },
    }
  }),
  mutant('a handle remembers which ids are free', 'MODEL-002', WRONG, (store) => {
    const free = new Set<string>()
    return {
      ...store,
      async create(session) {
        free.delete(session.id)
        return store.create(session)
      },
      async load(id) {
        if (free.has(id)) return undefined
        const loaded = await store.load(id)
        if (!loaded) free.add(id)
        return loaded
      },
    }
  }),
  mutant('purge times are kept by id, whatever the namespace', 'MODEL-003', WRONG, (store, backend) => {
    const purgeTimes = purgeTimesOf(backend.records)
    const noting = async <T>(id: string, call: () => Promise<T>): Promise<T> => {
      const answer = await call()
      const stored = backend.records.get(backend.key(id))
      if (stored) purgeTimes.set(id, stored.purgeAt)
      return answer
    }
    return {
      ...store,
      create: (session) => noting(session.id, () => store.create(session)),
      update: (session, expected) => noting(session.id, () => store.update(session, expected)),
      touch: (loaded, lifetime) => noting(loaded.id, () => store.touch(loaded, lifetime)),
      async sweep(options) {
        const all = due(backend, Number.MAX_SAFE_INTEGER)
        const found = all.filter((key) => (purgeTimes.get(key.slice(backend.key('').length)) ?? 0) <= options.cutoff)
        for (const key of found) backend.records.delete(key)
        return { removed: found.length, examined: found.length }
      },
    }
  }),
]

const kept = new WeakMap<Map<string, StoredSession>, Map<string, number>>()

function purgeTimesOf(records: Map<string, StoredSession>): Map<string, number> {
  const purgeTimes = kept.get(records) ?? new Map<string, number>()
  kept.set(records, purgeTimes)
  return purgeTimes
}
