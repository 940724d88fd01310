import { type Mutant, mutant } from './mutant.ts'

const later = Math.max

/** Faults of touch. */
export const touchMutants: readonly Mutant[] = [
  mutant('touch does nothing', 'TOUCH-001', 'the record that was touched', (store) => ({
    ...store,
    touch: (loaded, { expiresAt }) => store.touch(loaded, { expiresAt: 0, purgeAt: expiresAt * 0 }),
  })),
  mutant('touch shortens', 'TOUCH-002', 'touch moved the expiry back', (store, { records, key }) => ({
    ...store,
    async touch(loaded, lifetime) {
      const stored = records.get(key(loaded.id))
      if (stored?.version !== loaded.version) return store.touch(loaded, lifetime)
      const purgeAt = later(stored.purgeAt, lifetime.purgeAt)
      records.set(key(loaded.id), { ...stored, expiresAt: lifetime.expiresAt, purgeAt })
      return 'touched'
    },
  })),
  mutant('touch moves the purge time back', 'TOUCH-003', 'moved the purge time back', (store, { records, key }) => ({
    ...store,
    async touch(loaded, lifetime) {
      const stored = records.get(key(loaded.id))
      if (stored?.version !== loaded.version) return store.touch(loaded, lifetime)
      const expiresAt = later(stored.expiresAt, lifetime.expiresAt)
      records.set(key(loaded.id), { ...stored, expiresAt, purgeAt: lifetime.purgeAt })
      return 'touched'
    },
  })),
  mutant('touch moves both instants or none', 'TOUCH-004', 'an earlier purge time', (store, { records, key }) => ({
    ...store,
    async touch(loaded, lifetime) {
      const stored = records.get(key(loaded.id))
      const isLater = stored && lifetime.expiresAt >= stored.expiresAt && lifetime.purgeAt >= stored.purgeAt
      return store.touch(loaded, isLater === false ? (stored ?? lifetime) : lifetime)
    },
  })),
  mutant('touch stores all that it is given', 'TOUCH-013', 'after a touch with a whole', (store, { records, key }) => ({
    ...store,
    async touch(loaded, lifetime) {
      const stored = records.get(key(loaded.id))
      const answer = await store.touch(loaded, lifetime)
      const { expiresAt, purgeAt } = records.get(key(loaded.id)) ?? lifetime
      if (answer === 'touched' && stored) records.set(key(loaded.id), { ...stored, ...lifetime, expiresAt, purgeAt })
      return answer
    },
  })),
  mutant('touch inserts', 'TOUCH-005', 'touch of an unknown id', (store, { records, key }) => ({
    ...store,
    async touch(loaded, lifetime) {
      if (records.has(key(loaded.id))) return store.touch(loaded, lifetime)
      records.set(key(loaded.id), { payload: '', ...loaded, ...lifetime })
      return 'touched'
    },
  })),
  mutant('touch revives what was destroyed', 'TOUCH-006', 'touch brought a destroyed', (store, { records, key }) => {
    const seen = new Map<string, string>()
    return {
      ...store,
      async create(session) {
        seen.set(session.id, session.payload)
        return store.create(session)
      },
      async touch(loaded, lifetime) {
        const answer = await store.touch(loaded, lifetime)
        const payload = seen.get(loaded.id)
        if (answer === 'gone' && payload !== undefined) records.set(key(loaded.id), { ...loaded, payload, ...lifetime })
        return answer
      },
    }
  }),
  mutant('touch does not look at the version', 'TOUCH-007', 'touch of an outdated version', (store, backend) => ({
    ...store,
    async touch(loaded, lifetime) {
      const { version } = backend.records.get(backend.key(loaded.id)) ?? loaded
      return store.touch({ ...loaded, version }, lifetime)
    },
  })),
  mutant(
    'touch answers `conflict` and extends',
    'TOUCH-008',
    'touch extended a session',
    (store, { records, key }) => ({
      ...store,
      async touch(loaded, lifetime) {
        const answer = await store.touch(loaded, lifetime)
        const stored = records.get(key(loaded.id))
        if (stored) records.set(key(loaded.id), { ...stored, expiresAt: later(stored.expiresAt, lifetime.expiresAt) })
        return answer
      },
    }),
  ),
  mutant('touch changes the version', 'TOUCH-009', 'from the version that was touched', (store, { records, key }) => ({
    ...store,
    async touch(loaded, lifetime) {
      const answer = await store.touch(loaded, lifetime)
      const stored = records.get(key(loaded.id))
      if (answer === 'touched' && stored)
        records.set(key(loaded.id), { ...stored, version: `touched-${stored.version}` })
      return answer
    },
  })),
  mutant('touch refuses what has expired', 'TOUCH-010', 'within its grace', (store, { records, key, clock }) => ({
    ...store,
    async touch(loaded, lifetime) {
      const stored = records.get(key(loaded.id))
      return stored && stored.expiresAt <= clock.now() ? 'gone' : store.touch(loaded, lifetime)
    },
  })),
  mutant('touch with a lifetime in the past deletes', 'TOUCH-011', 'changed the record', (store, { clock }) => ({
    ...store,
    async touch(loaded, lifetime) {
      const answer = await store.touch(loaded, lifetime)
      if (answer === 'touched' && lifetime.expiresAt <= clock.now()) await store.destroy(loaded.id)
      return answer
    },
  })),
  mutant('touch renews all of the owner', 'TOUCH-012', 'touch changed another record', (store, { records }) => ({
    ...store,
    async touch(loaded, lifetime) {
      const answer = await store.touch(loaded, lifetime)
      for (const [at, session] of records) {
        if (answer === 'touched' && loaded.owner && session.owner === loaded.owner)
          records.set(at, { ...session, ...lifetime })
      }
      return answer
    },
  })),
  mutant('touch writes back what it read a step before', 'STEP-005', 'that of no order', (store, backend) => ({
    ...store,
    async touch(loaded, lifetime) {
      await backend.step('read')
      const stored = backend.records.get(backend.key(loaded.id))
      await backend.step('write')
      if (stored?.version !== loaded.version || !backend.records.has(backend.key(loaded.id))) {
        return store.touch(loaded, lifetime)
      }
      const expiresAt = later(stored.expiresAt, lifetime.expiresAt)
      const purgeAt = later(stored.purgeAt, lifetime.purgeAt)
      backend.records.set(backend.key(loaded.id), { ...stored, expiresAt, purgeAt })
      return 'touched'
    },
  })),
  mutant('touch writes back what its handle once loaded', 'RACE-007', 'of no order', (store, { records, key }) => ({
    ...store,
    async touch(loaded, lifetime) {
      const stored = await store.load(loaded.id)
      const answer = await store.touch(loaded, lifetime)
      if (stored && answer !== 'gone') records.set(key(loaded.id), { ...stored, ...lifetime })
      return answer
    },
  })),
  mutant('touch sets the lifetime of a version it compared before', 'STEP-006', 'of no order', (store, backend) => ({
    ...store,
    async touch(loaded, lifetime) {
      await backend.step('read')
      const stored = backend.records.get(backend.key(loaded.id))
      await backend.step('expire')
      const current = backend.records.get(backend.key(loaded.id))
      if (stored?.version !== loaded.version || !current) return store.touch(loaded, lifetime)
      return store.touch({ ...loaded, version: current.version }, lifetime)
    },
  })),
  mutant('touch revives what is destroyed between its steps', 'STEP-008', 'came back', (store, backend) => ({
    ...store,
    async touch(loaded, lifetime) {
      await backend.step('read')
      const stored = backend.records.get(backend.key(loaded.id))
      await backend.step('write')
      if (stored?.version !== loaded.version) return store.touch(loaded, lifetime)
      if (!backend.records.has(backend.key(loaded.id))) backend.records.set(backend.key(loaded.id), stored)
      return store.touch(loaded, lifetime)
    },
  })),
  mutant('touch revives what is swept between its steps', 'STEP-011', 'of no order', (store, backend) => ({
    ...store,
    async touch(loaded, lifetime) {
      await backend.step('read')
      const stored = backend.records.get(backend.key(loaded.id))
      await backend.step('write')
      if (stored?.version !== loaded.version) return store.touch(loaded, lifetime)
      if (!backend.records.has(backend.key(loaded.id))) backend.records.set(backend.key(loaded.id), stored)
      return store.touch(loaded, lifetime)
    },
  })),
]
