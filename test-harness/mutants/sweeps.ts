import type { StoredSession, SweepResult } from '@leeway/core/adapter'
import { type Backend, due, type Mutant, mutant } from './mutant.ts'

/** Faults of sweep, one caller at a time. */
export const sweepMutants: readonly Mutant[] = [
  mutant('sweep deletes nothing', 'SWEEP-001', 'sweep left a record that was due', (store) => ({
    ...store,
    sweep: async () => ({ removed: 0, examined: 0 }),
  })),
  mutant('sweep deletes everything', 'SWEEP-001', 'removed a record that was not due', (store, { records }) => ({
    ...store,
    async sweep({ limit }) {
      const keys = [...records.keys()].slice(0, limit)
      for (const key of keys) records.delete(key)
      return { removed: keys.length, examined: keys.length, cursor: records.size > 0 ? 'more' : undefined }
    },
  })),
  mutant('sweep counts what it looked at as removed', 'SWEEP-002', 'counted as removed of 7', (store, { records }) => ({
    ...store,
    async sweep(options) {
      const examined = records.size
      const result = await store.sweep(options)
      return { ...result, removed: examined, examined }
    },
  })),
  mutant('sweep of an empty store hands out a cursor', 'SWEEP-003', 'the cursor that', (store, { records }) => ({
    ...store,
    async sweep(options) {
      const isFresh = options.cursor === undefined && records.size === 0
      return { ...(await store.sweep(options)), ...(isFresh && { cursor: 'again' }) }
    },
  })),
  mutant('sweep ignores its limit', 'SWEEP-004', 'sweep with limit 1 removed', (store) => ({
    ...store,
    sweep: (options) => store.sweep({ ...options, limit: 1_000_000 }),
  })),
  mutant('sweep stops at its limit without a cursor', 'SWEEP-004', 'handed out no cursor', (store) => ({
    ...store,
    async sweep(options) {
      const { removed, examined } = await store.sweep(options)
      return { removed, examined }
    },
  })),
  mutant('sweep skips a record at each cursor', 'SWEEP-005', 'removed of 10 records', (store, { records }) => ({
    ...store,
    async sweep({ cutoff, limit, cursor = '' }) {
      const due = [...records].filter(([key, { purgeAt }]) => purgeAt <= cutoff && key > cursor).sort()
      for (const [key] of due.slice(0, limit)) records.delete(key)
      const removed = Math.min(due.length, limit)
      return { removed, examined: removed, cursor: due[limit]?.[0] }
    },
  })),
  mutant('sweep that is short of time does nothing', 'SWEEP-006', 'never comes to an end', (store) => ({
    ...store,
    sweep: async (options) =>
      options.budgetMs < 5 ? { removed: 0, examined: 0, cursor: 'again' } : store.sweep(options),
  })),
  mutant('sweep goes on where the last one stopped', 'SWEEP-009', 'a fresh sweep removed', (store, { records }) => ({
    ...store,
    async sweep(options) {
      const last = positions.get(records) ?? ''
      const due = [...records].filter(([key, { purgeAt }]) => purgeAt <= options.cutoff && key > last).sort()
      for (const [key] of due.slice(0, options.limit)) records.delete(key)
      positions.set(records, due.slice(0, options.limit).at(-1)?.[0] ?? last)
      const removed = Math.min(due.length, options.limit)
      return { removed, examined: removed, cursor: due.length > removed ? 'more' : undefined }
    },
  })),
  mutant('sweep ends at a cursor it does not know', 'SWEEP-010', "another handle's cursor left", (store) => {
    const known = new Set<string | undefined>([undefined])
    return {
      ...store,
      async sweep(options) {
        if (!known.has(options.cursor)) return { removed: 0, examined: 0 }
        const result = await store.sweep(options)
        known.add(result.cursor)
        return result
      },
    }
  }),
  mutant('sweep collects its victims with its first call', 'SWEEP-011', 'that had been renewed', (store, backend) => {
    let victims: string[] = []
    return {
      ...store,
      async sweep({ cutoff, limit, cursor }) {
        if (cursor === undefined) victims = due(backend, cutoff)
        return removeOf(backend, victims, limit)
      },
    }
  }),
  mutant('sweep compares versions, not purge times', 'SWEEP-012', 'that had been touched', (store, backend) => {
    let victims: [string, string][] = []
    return {
      ...store,
      async sweep({ cutoff, limit, cursor }) {
        const { records } = backend
        if (cursor === undefined) victims = due(backend, cutoff).map((key) => [key, records.get(key)?.version ?? ''])
        const unchanged = victims.filter(([key, version]) => records.get(key)?.version === version).map(([key]) => key)
        const result = removeOf(backend, unchanged, limit)
        victims = victims.filter(([key]) => records.has(key))
        return result
      },
    }
  }),
  mutant('sweep goes by the clock', 'SWEEP-007', 'because of the clock', (store, { clock }) => ({
    ...store,
    sweep: (options) => store.sweep({ ...options, cutoff: Math.max(options.cutoff, clock.now()) }),
  })),
  mutant('sweep takes a limit of 0 for all', 'SWEEP-008', 'sweep with limit 0', (store) => ({
    ...store,
    sweep: (options) => store.sweep({ ...options, limit: options.limit || 1_000 }),
  })),
  mutant('sweep at the expiry', 'GRACE-003', 'from the expiry removed the record', (store, { records }) => ({
    ...store,
    async sweep(options) {
      const dueNow = [...records].filter(([, { expiresAt }]) => expiresAt <= options.cutoff)
      for (const [key] of dueNow) records.delete(key)
      return { removed: dueNow.length, examined: dueNow.length }
    },
  })),
  mutant('sweep a millisecond early', 'GRACE-004', 'a millisecond before the purge time', (store) => ({
    ...store,
    sweep: (options) => store.sweep({ ...options, cutoff: options.cutoff + 1 }),
  })),
  mutant('`<` for `<=` at the purge time', 'GRACE-005', 'sweep at the purge time left', (store) => ({
    ...store,
    sweep: (options) => store.sweep({ ...options, cutoff: options.cutoff - 1 }),
  })),
  mutant('sweep in whole seconds', 'GRACE-006', 'a millisecond after the purge time left', (store) => ({
    ...store,
    sweep: (options) => store.sweep({ ...options, cutoff: Math.floor(options.cutoff / 1_000) * 1_000 }),
  })),
  mutant(
    'sweep by an index that update forgets',
    'GRACE-007',
    'before the purge time of the update',
    (store, backend) => indexed(store, backend, 'update'),
  ),
  mutant('sweep by an index that touch forgets', 'GRACE-008', 'before the purge time of the touch', (store, backend) =>
    indexed(store, backend, 'touch'),
  ),
  mutant('sweep by the shortened expiry', 'GRACE-009', 'a shortened record too early', (store, { records }) => ({
    ...store,
    async sweep({ cutoff }) {
      const dueNow = [...records].filter(([, { expiresAt }]) => expiresAt + 240_000 <= cutoff)
      for (const [key] of dueNow) records.delete(key)
      return { removed: dueNow.length, examined: dueNow.length }
    },
  })),
  mutant(
    'a time to live of 0 means for ever',
    'GRACE-013',
    'due when it was created',
    (store, { records, key, clock }) => {
      const forever = new Set<string>()
      return {
        ...store,
        async create(session) {
          const answer = await store.create(session)
          if (answer === 'created' && session.purgeAt <= clock.now()) forever.add(key(session.id))
          return answer
        },
        async sweep(options) {
          const kept = [...records].filter(([at]) => forever.has(at))
          for (const [at] of kept) records.delete(at)
          const result = await store.sweep(options)
          for (const [at, session] of kept) records.set(at, session)
          return result
        },
      }
    },
  ),
  mutant('seconds for milliseconds', 'GRACE-012', 'the record with expiry', (store) => {
    const inSeconds = <T extends { expiresAt: number; purgeAt: number }>(times: T): T => ({
      ...times,
      expiresAt: Math.floor(times.expiresAt / 1_000) * 1_000,
      purgeAt: Math.floor(times.purgeAt / 1_000) * 1_000,
    })
    return { ...store, create: (session) => store.create(inSeconds(session)) }
  }),
]

const positions = new WeakMap<Map<string, StoredSession>, string>()

function removeOf({ records }: Backend, victims: string[], limit: number): SweepResult {
  const removed = victims.splice(0, limit).filter((key) => records.delete(key)).length
  return { removed, examined: removed, cursor: victims.length > 0 ? 'more' : undefined }
}

/** A sweep by an index of purge times that one of the operations does not keep. */
function indexed(store: Parameters<Parameters<typeof mutant>[3]>[0], backend: Backend, forgetful: 'update' | 'touch') {
  const index = new Map<string, number>()
  const note = (id: string) => void index.set(id, backend.records.get(backend.key(id))?.purgeAt ?? 0)
  const faulty: typeof store = {
    ...store,
    async create(session) {
      const answer = await store.create(session)
      note(session.id)
      return answer
    },
    async update(session, expected) {
      const answer = await store.update(session, expected)
      if (forgetful !== 'update') note(session.id)
      return answer
    },
    async touch(loaded, lifetime) {
      const answer = await store.touch(loaded, lifetime)
      if (forgetful !== 'touch') note(loaded.id)
      return answer
    },
    async sweep({ cutoff }) {
      const ids = [...index].filter(([, purgeAt]) => purgeAt <= cutoff).map(([id]) => id)
      const removed = ids.filter((id) => backend.records.delete(backend.key(id))).length
      return { removed, examined: removed }
    },
  }
  return faulty
}
