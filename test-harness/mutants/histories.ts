import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import { type Backend, type Mutant, mutant } from './mutant.ts'

const HANDLE = 'HISTORY-001'
const SCHEDULE = 'HISTORY-002'
const INEXPLICABLE = 'no order of these calls'

/** Faults that show when several callers go on for a while, and hardly when two meet once. */
export const historyMutants: readonly Mutant[] = [
  mutant('a load joins one that is under way', HANDLE, INEXPLICABLE, (store) => {
    const underWay = new Map<string, ReturnType<SessionStore['load']>>()
    return {
      ...store,
      async load(id) {
        const joined = underWay.get(id) ?? slowly(store.load(id)).finally(() => underWay.delete(id))
        underWay.set(id, joined)
        const loaded = await joined
        return loaded && { ...loaded }
      },
    }
  }),
  mutant('a cache that is cleared before the write', HANDLE, INEXPLICABLE, (store) => {
    const cache = new Map<string, StoredSession>()
    const clearing = async <T>(id: string, write: () => Promise<T>): Promise<T> => {
      cache.delete(id)
      await turn()
      return write()
    }
    return {
      ...store,
      async load(id) {
        const loaded = cache.get(id) ?? (await store.load(id))
        if (loaded) cache.set(id, loaded)
        return loaded && { ...loaded }
      },
      update: (session, expected) => clearing(session.id, () => store.update(session, expected)),
      touch: (loaded, lifetime) => clearing(loaded.id, () => store.touch(loaded, lifetime)),
      destroy: (id) => clearing(id, () => store.destroy(id)),
      async sweep(options) {
        cache.clear()
        return store.sweep(options)
      },
    }
  }),
  mutant('a busy handle answers before it has written', HANDLE, INEXPLICABLE, (store) => {
    let underWay = 0
    const counted = async <T>(call: () => Promise<T>): Promise<T> => {
      underWay++
      try {
        return await slowly(call())
      } finally {
        underWay--
      }
    }
    return {
      ...store,
      create: (session) => counted(() => store.create(session)),
      load: (id) => counted(() => store.load(id)),
      async update(session, expected) {
        if (underWay === 0) return counted(() => store.update(session, expected))
        const stored = await store.load(session.id)
        if (stored?.version !== expected) return store.update(session, expected)
        void counted(async () => {
          await turn()
          await store.update(session, expected)
        })
        return 'saved'
      },
    }
  }),
  mutant('a revision that starts again with each create', SCHEDULE, INEXPLICABLE, (store, backend) => {
    const revisions = revisionsOf(backend)
    return {
      ...store,
      async create(session) {
        const answer = await store.create(session)
        if (answer === 'created' && !revisions.has(session.id)) revisions.set(session.id, 1)
        return answer
      },
      async update(session, expected) {
        await backend.step('read')
        const [stored, revision] = [await store.load(session.id), revisions.get(session.id) ?? 0]
        if (stored?.version !== expected) return store.update(session, expected)
        await backend.step('compare and set')
        if (revisions.get(session.id) !== revision) return this.update(session, expected)
        revisions.set(session.id, revision + 1)
        const current = await store.load(session.id)
        return current ? store.update(session, current.version) : 'gone'
      },
      async destroy(id) {
        revisions.delete(id)
        return store.destroy(id)
      },
    }
  }),
  mutant('a load that looks only whether its copy has the version', SCHEDULE, INEXPLICABLE, (store) => {
    const copies = new Map<string, StoredSession>()
    return {
      ...store,
      async load(id) {
        const stored = await store.load(id)
        if (!stored) return undefined
        const copy = copies.get(id)
        if (copy?.version === stored.version) return { ...copy }
        copies.set(id, stored)
        return { ...stored }
      },
      async touch(loaded, lifetime) {
        copies.delete(loaded.id)
        return store.touch(loaded, lifetime)
      },
    }
  }),
  mutant('an update that is lost once in thirty', SCHEDULE, INEXPLICABLE, (store, { scratch }) => ({
    ...store,
    async update(session, expected) {
      const count = (updates.get(scratch) ?? 0) + 1
      updates.set(scratch, count)
      const stored = await store.load(session.id)
      if (count % 30 !== 0 || stored?.version !== expected) return store.update(session, expected)
      return 'saved'
    },
  })),
]

const updates = new Map<string, number>()
const revisions = new WeakMap<object, Map<string, number>>()

function revisionsOf({ records }: Backend): Map<string, number> {
  const known = revisions.get(records) ?? new Map<string, number>()
  revisions.set(records, known)
  return known
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function slowly<T>(answer: Promise<T>): Promise<T> {
  const given = await answer
  await turn()
  return given
}
