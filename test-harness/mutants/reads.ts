import { basename } from 'node:path'
import { type Mutant, mutant } from './mutant.ts'

/** Faults of load and destroy. */
export const readMutants: readonly Mutant[] = [
  mutant('load answers null for a miss', 'LOAD-001', 'load of an id in an empty store', (store) => ({
    ...store,
    load: async (id) => (await store.load(id)) ?? (null as unknown as undefined),
  })),
  mutant('load keeps something for a miss', 'LOAD-002', 'after a load of the unknown id', (store, { records, key }) => {
    const missed = new Set<string>()
    return {
      ...store,
      async load(id) {
        if (!records.has(key(id))) missed.add(id)
        return store.load(id)
      },
      create: async (session) => (missed.has(session.id) ? 'exists' : store.create(session)),
    }
  }),
  mutant('load extends', 'LOAD-003', 'load changed the record', (store, { records, key, clock }) => ({
    ...store,
    async load(id) {
      const stored = await store.load(id)
      const expiresAt = clock.now() + 30 * 60_000
      if (stored && expiresAt > stored.expiresAt)
        records.set(key(id), { ...stored, expiresAt, purgeAt: expiresAt + 240_000 })
      return store.load(id)
    },
  })),
  mutant('load deletes what has expired', 'LOAD-004', 'load deleted the expired record', (store, { clock }) => ({
    ...store,
    async load(id) {
      const stored = await store.load(id)
      if (stored && stored.expiresAt <= clock.now()) await store.destroy(id)
      return stored
    },
  })),
  mutant('load hides what has expired', 'GRACE-001', 'load at the expiry', (store, { clock }) => ({
    ...store,
    async load(id) {
      const stored = await store.load(id)
      return stored && stored.expiresAt <= clock.now() ? undefined : stored
    },
  })),
  mutant('load hides what expires within the second', 'GRACE-001', 'a millisecond before', (store, { clock }) => ({
    ...store,
    async load(id) {
      const stored = await store.load(id)
      return stored && stored.expiresAt - 1_000 <= clock.now() ? undefined : stored
    },
  })),
  mutant('half of the grace', 'GRACE-002', 'a millisecond before the purge time', (store, { clock }) => ({
    ...store,
    async load(id) {
      const stored = await store.load(id)
      return stored && (stored.expiresAt + stored.purgeAt) / 2 <= clock.now() ? undefined : stored
    },
  })),
  mutant('load goes by the clock of its own handle', 'GRACE-010', 'a day ahead', (store, { clock }) => {
    const opened = clock.now()
    return {
      ...store,
      async load(id) {
        const stored = await store.load(id)
        return stored && stored.purgeAt < opened ? undefined : stored
      },
    }
  }),
  mutant('load refuses what is from the future', 'GRACE-011', 'load after the clock went back', (store, { clock }) => ({
    ...store,
    async load(id) {
      const stored = await store.load(id)
      return stored && stored.expiresAt > clock.now() + 24 * 3_600_000 && stored.expiresAt < 2e12 ? undefined : stored
    },
  })),
  mutant('an id is a path', 'ID-004', 'load with the id "./', (store) => ({
    ...store,
    load: (id) => store.load(typeof id === 'string' ? basename(id) : id),
  })),
  mutant('load confuses records', 'LOAD-005', 'one of a hundred records', (store, { records }) => ({
    ...store,
    async load(id) {
      const stored = await store.load(id)
      const newest = [...records.values()].at(-1)
      return stored && records.size > 50 ? newest : stored
    },
  })),
  mutant('destroy of an unknown id rejects', 'DESTROY-002', 'the call rejected', (store) => ({
    ...store,
    async destroy(id) {
      if ((await store.destroy(id)) === 'gone') throw new Error('no such record')
      return 'destroyed'
    },
  })),
  mutant('destroy always answers `destroyed`', 'DESTROY-002', 'destroy of an unknown id', (store) => ({
    ...store,
    destroy: async (id) => store.destroy(id).then(() => 'destroyed'),
  })),
  mutant('destroy only marks', 'DESTROY-001', 'the record that was destroyed', (store, { records, key }) => ({
    ...store,
    async destroy(id) {
      const stored = records.get(key(id))
      if (stored) records.set(key(id), { ...stored, payload: '' })
      return stored ? 'destroyed' : 'gone'
    },
  })),
  mutant('destroy leaves expired records', 'DESTROY-003', 'an updated, expired record', (store, { clock }) => ({
    ...store,
    async destroy(id) {
      const stored = await store.load(id)
      return stored && stored.expiresAt <= clock.now() ? 'gone' : store.destroy(id)
    },
  })),
  mutant('destroy removes all of the owner', 'DESTROY-004', 'removed another record', (store, { records, key }) => ({
    ...store,
    async destroy(id) {
      const owner = records.get(key(id))?.owner
      const answer = await store.destroy(id)
      if (owner) for (const [at, session] of records) if (session.owner === owner) records.delete(at)
      return answer
    },
  })),
  mutant('destroy leaves a tombstone', 'CREATE-006', 'the id of a destroyed record', (store) => {
    const dead = new Set<string>()
    return {
      ...store,
      async destroy(id) {
        dead.add(id)
        return store.destroy(id)
      },
      create: async (session) => (dead.has(session.id) ? 'exists' : store.create(session)),
    }
  }),
  mutant('versions outlive destroy', 'DESTROY-005', 'a version before destroy', (store, { records, key }) => {
    const known = new Map<string, string>()
    return {
      ...store,
      async load(id) {
        return store.load(id)
      },
      async destroy(id) {
        const stored = records.get(key(id))
        if (stored) known.set(stored.version, id)
        return store.destroy(id)
      },
      async update(session, expected) {
        const current = records.get(key(session.id))
        return store.update(session, known.has(expected) && current ? current.version : expected)
      },
    }
  }),
  mutant('a handle reads its cache', 'DESTROY-006', 'that another handle has destroyed', (store) => {
    const cache = new Map<string, Awaited<ReturnType<typeof store.load>>>()
    return {
      ...store,
      async load(id) {
        const cached = cache.get(id) ?? (await store.load(id))
        cache.set(id, cached)
        return cached && { ...cached }
      },
    }
  }),
  mutant('destroys at once all succeed', 'RACE-004', 'how many destroys', (store, { records, key }) => ({
    ...store,
    async destroy(id) {
      const stored = records.has(key(id))
      await Promise.resolve()
      records.delete(key(id))
      return stored ? 'destroyed' : 'gone'
    },
  })),
  mutant('destroy removes only the version it read', 'STEP-003', 'a destroyed session came back', (store, backend) => ({
    ...store,
    async destroy(id) {
      await backend.step('read')
      const seen = backend.records.get(backend.key(id))
      await backend.step('delete')
      const current = backend.records.get(backend.key(id))
      return seen && current && seen.version !== current.version ? 'destroyed' : store.destroy(id)
    },
  })),
  mutant(
    'destroy asks in one step and deletes in the next',
    'STEP-009',
    'two were told',
    (store, { records, key, step }) => ({
      ...store,
      async destroy(id) {
        await step('read')
        const isStored = records.has(key(id))
        await step('delete')
        return (await store.destroy(id)) === 'destroyed' || isStored ? 'destroyed' : 'gone'
      },
    }),
  ),
]
