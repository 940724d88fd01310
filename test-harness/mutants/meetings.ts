import type { StoredSession } from '@leeway/core/adapter'
import { type Backend, due, type Mutant, mutant } from './mutant.ts'

/** Faults that show when two or three operations meet, each between two backend calls of another. */
export const meetingMutants: readonly Mutant[] = [
  mutant('touch writes the lifetime that it worked out a step before', 'STEP-016', 'of no order', (store, backend) => ({
    ...store,
    async touch(loaded, lifetime) {
      await backend.step('read')
      const seen = backend.records.get(backend.key(loaded.id))
      await backend.step('write')
      const current = backend.records.get(backend.key(loaded.id))
      if (!seen || current?.version !== loaded.version) return store.touch(loaded, lifetime)
      backend.records.set(backend.key(loaded.id), later(seen, lifetime))
      return 'touched'
    },
  })),
  mutant('a lost update puts the winner back', 'STEP-017', 'came back', (store, backend) => ({
    ...store,
    async update(session, expected) {
      await backend.step('write')
      const answer = await store.update(session, expected)
      const winner = backend.records.get(backend.key(session.id))
      if (answer !== 'conflict' || !winner) return answer
      await backend.step('restore')
      backend.records.set(backend.key(session.id), winner)
      return answer
    },
  })),
  mutant('a touch that lost puts the winner back', 'STEP-018', 'came back', (store, backend) => ({
    ...store,
    async touch(loaded, lifetime) {
      await backend.step('write')
      const answer = await store.touch(loaded, lifetime)
      const winner = backend.records.get(backend.key(loaded.id))
      if (answer !== 'conflict' || !winner) return answer
      await backend.step('restore')
      backend.records.set(backend.key(loaded.id), winner)
      return answer
    },
  })),
  mutant(
    'update tries again without looking once a touch came between',
    'STEP-019',
    'two were told',
    (store, backend) => ({
      ...store,
      async update(session, expected) {
        await backend.step('read')
        const seen = backend.records.get(backend.key(session.id))
        await backend.step('swap')
        const current = backend.records.get(backend.key(session.id))
        if (!seen || current?.version !== expected || current.expiresAt === seen.expiresAt) {
          return store.update(session, expected)
        }
        await backend.step('write')
        const { version = expected } = backend.records.get(backend.key(session.id)) ?? {}
        return store.update(session, version)
      },
    }),
  ),
  mutant(
    'touch tries again without looking once a touch came between',
    'STEP-020',
    'of no order',
    (store, backend) => ({
      ...store,
      async touch(loaded, lifetime) {
        await backend.step('read')
        const seen = backend.records.get(backend.key(loaded.id))
        await backend.step('swap')
        const current = backend.records.get(backend.key(loaded.id))
        if (!seen || current?.version !== loaded.version || current.expiresAt === seen.expiresAt) {
          return store.touch(loaded, lifetime)
        }
        await backend.step('write')
        backend.records.set(backend.key(loaded.id), later(current, lifetime))
        return 'touched'
      },
    }),
  ),
  mutant('create takes an id that has become free for its own', 'STEP-021', 'of no order', (store, backend) => ({
    ...store,
    async create(session) {
      await backend.step('insert')
      const answer = await store.create(session)
      if (answer === 'created') return answer
      await backend.step('read')
      return backend.records.has(backend.key(session.id)) ? answer : 'created'
    },
  })),
  mutant('update writes into what came after a logout', 'STEP-022', 'of no order', (store, backend) => ({
    ...store,
    async update(session, expected) {
      await backend.step('read')
      const seen = backend.records.get(backend.key(session.id))
      await backend.step('write')
      const { version = expected } = backend.records.get(backend.key(session.id)) ?? {}
      return store.update(session, seen?.version === expected ? version : expected)
    },
  })),
  mutant('a sweep that looks for changes misses two of them', 'STEP-023', 'of no order', (store, backend) => {
    const flags = flagsOf(backend.records)
    const flip = <T>(id: string, answer: T): T => {
      if (answer === 'saved' || answer === 'touched') flags.set(id, !flags.get(id))
      return answer
    }
    return {
      ...store,
      update: async (session, expected) => flip(backend.key(session.id), await store.update(session, expected)),
      touch: async (loaded, lifetime) => flip(backend.key(loaded.id), await store.touch(loaded, lifetime)),
      async sweep({ cutoff }) {
        await backend.step('read')
        const seen = due(backend, cutoff).map((key) => [key, flags.get(key) ?? false] as const)
        await backend.step('delete')
        const same = seen.filter(([key, flag]) => backend.records.has(key) && (flags.get(key) ?? false) === flag)
        for (const [key] of same) backend.records.delete(key)
        return { removed: same.length, examined: seen.length }
      },
    }
  }),
  mutant('a sweep puts back what was renewed under it', 'STEP-024', 'came back', (store, backend) => ({
    ...store,
    async sweep(options) {
      await backend.step('read')
      const [key] = due(backend, options.cutoff)
      await backend.step('delete')
      const result = await store.sweep(options)
      const renewed = key === undefined ? undefined : backend.records.get(key)
      if (key === undefined || renewed === undefined) return result
      await backend.step('restore')
      backend.records.set(key, renewed)
      return result
    },
  })),
  mutant('two sweepers hand one save over', 'STEP-025', 'an acknowledged save is lost', (store, backend) => {
    const leases = flagsOf(backend.records)
    const pending = pendingOf(backend.records)
    return {
      ...store,
      async update(session, expected) {
        const key = backend.key(session.id)
        await backend.step('write')
        const stored = backend.records.get(key)
        if (!leases.get(key) || stored?.version !== expected) return store.update(session, expected)
        pending.set(key, { ...session })
        return 'saved'
      },
      async sweep({ cutoff }) {
        await backend.step('lease')
        const [key] = due(backend, cutoff)
        if (key === undefined) return { removed: 0, examined: 0 }
        leases.set(key, true)
        await backend.step('delete')
        leases.delete(key)
        const saved = pending.get(key)
        pending.delete(key)
        if (saved) backend.records.set(key, saved)
        const removed = !saved && backend.records.delete(key) ? 1 : 0
        return { removed, examined: 1 }
      },
    }
  }),
  mutant('update removes, then writes', 'STEP-026', 'a load missed what was there', (store, backend) => ({
    ...store,
    async load(id) {
      await backend.step('read')
      return store.load(id)
    },
    async update(session, expected) {
      await backend.step('remove')
      const stored = backend.records.get(backend.key(session.id))
      if (stored?.version !== expected) return store.update(session, expected)
      backend.records.delete(backend.key(session.id))
      await backend.step('write')
      backend.records.set(backend.key(session.id), later(session, stored))
      return 'saved'
    },
  })),
  mutant('destroy empties the record, then removes it', 'STEP-027', 'nobody has stored', (store, backend) => ({
    ...store,
    async destroy(id) {
      await backend.step('empty')
      const stored = backend.records.get(backend.key(id))
      if (stored) backend.records.set(backend.key(id), { ...stored, payload: '' })
      await backend.step('remove')
      return store.destroy(id)
    },
  })),
  mutant('load makes one record of two', 'STEP-028', 'nobody has stored', (store, backend) => ({
    ...store,
    load: async (id) => {
      await backend.step('read the payload')
      const seen = await store.load(id)
      const isGone = seen !== undefined && (await versionOf(backend, id)) === undefined
      await backend.step('read the rest')
      const last = await store.load(id)
      return isGone && last ? { ...last, payload: seen.payload } : last
    },
  })),
  mutant('load fails when what was replaced is gone', 'STEP-029', 'load: the call rejected', (store, backend) => ({
    ...store,
    load: async (id) => {
      const seen = await versionOf(backend, id)
      const now = await versionOf(backend, id)
      const last = await versionOf(backend, id)
      if (seen !== now && now !== last && last === undefined) throw new Error('ENOENT')
      return store.load(id)
    },
  })),
]

async function versionOf({ records, key, step }: Backend, id: string): Promise<string | undefined> {
  await step('read')
  return records.get(key(id))?.version
}

const flags = new WeakMap<Map<string, StoredSession>, Map<string, boolean>>()
const pendings = new WeakMap<Map<string, StoredSession>, Map<string, StoredSession>>()

/** A flag a record, shared by all handles. */
function flagsOf(records: Map<string, StoredSession>): Map<string, boolean> {
  const found = flags.get(records) ?? new Map<string, boolean>()
  flags.set(records, found)
  return found
}

function pendingOf(records: Map<string, StoredSession>): Map<string, StoredSession> {
  const found = pendings.get(records) ?? new Map<string, StoredSession>()
  pendings.set(records, found)
  return found
}

function later(stored: StoredSession, { expiresAt, purgeAt }: { expiresAt: number; purgeAt: number }): StoredSession {
  return {
    ...stored,
    expiresAt: Math.max(stored.expiresAt, expiresAt),
    purgeAt: Math.max(stored.purgeAt, purgeAt),
  }
}
