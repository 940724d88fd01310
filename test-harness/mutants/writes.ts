import type { StoredSession } from '@leeway/core/adapter'
import { type Mutant, mutant } from './mutant.ts'

const later = Math.max

/** Faults of create and update. */
export const writeMutants: readonly Mutant[] = [
  mutant('create forgets the owner', 'CREATE-001', 'the record that was created', (store) => ({
    ...store,
    create: (session) => store.create(session.owner === 'user-1' ? { ...session, owner: null } : session),
  })),
  mutant('update keeps the payload', 'UPDATE-001', 'the record that was updated', (store, { records, key }) => ({
    ...store,
    async update(session, expected) {
      const { payload } = records.get(key(session.id)) ?? session
      return store.update({ ...session, payload }, expected)
    },
  })),
  mutant('create overwrites', 'CREATE-002', 'create under an id that is taken', (store, { records, key }) => ({
    ...store,
    async create(session) {
      records.set(key(session.id), { ...session })
      return 'created'
    },
  })),
  mutant('create answers `exists` and overwrites', 'CREATE-002', 'create overwrote the record', (store, backend) => ({
    ...store,
    async create(session) {
      const answer = await store.create(session)
      backend.records.set(backend.key(session.id), { ...session })
      return answer
    },
  })),
  mutant('a retry of create answers `exists`', 'CREATE-003', 'a retry of create', (store, { records, key }) => ({
    ...store,
    create: async (session) => (records.has(key(session.id)) ? 'exists' : store.create(session)),
  })),
  mutant('a retry of create is applied twice', 'CREATE-004', 'moved the lifetime back', (store, { records, key }) => ({
    ...store,
    async create(session) {
      const answer = await store.create(session)
      if (answer === 'created') records.set(key(session.id), { ...session })
      return answer
    },
  })),
  mutant('create replaces what has expired', 'CREATE-005', 'the id of an expired record', (store, backend) => ({
    ...store,
    async create(session) {
      const stored = await store.load(session.id)
      if (stored && stored.expiresAt <= backend.clock.now()) await store.destroy(session.id)
      return store.create(session)
    },
  })),
  mutant('create drops what has expired', 'CREATE-007', 'a record that was created expired', (store, { clock }) => ({
    ...store,
    create: async (session) => (session.expiresAt <= clock.now() ? 'created' : store.create(session)),
  })),
  mutant('create asks, then writes', 'RACE-001', 'how many of 16 callers', (store, { records, key }) => ({
    ...store,
    async create(session) {
      if (await store.load(session.id)) return store.create(session)
      records.set(key(session.id), { ...session })
      return 'created'
    },
  })),
  mutant('create asks in one step and writes in the next', 'STEP-001', 'that of no order', (store, backend) => ({
    ...store,
    async create(session) {
      await backend.step('read')
      const stored = await store.load(session.id)
      await backend.step('insert')
      if (stored) return stored.version === session.version ? 'created' : 'exists'
      backend.records.set(backend.key(session.id), { ...session })
      return 'created'
    },
  })),
  mutant('update inserts (upsert)', 'UPDATE-002', 'update of an unknown id', (store, { records, key }) => ({
    ...store,
    async update(session, expected) {
      if (records.has(key(session.id))) return store.update(session, expected)
      records.set(key(session.id), { ...session })
      return 'saved'
    },
  })),
  mutant('update answers `gone` and inserts', 'UPDATE-002', 'inserted a record', (store, { records, key }) => ({
    ...store,
    async update(session, expected) {
      const answer = await store.update(session, expected)
      if (answer === 'gone') records.set(key(session.id), { ...session })
      return answer
    },
  })),
  mutant('update brings back what was destroyed', 'UPDATE-003', 'update after destroy', (store, { records, key }) => {
    const destroyed = new Set<string>()
    return {
      ...store,
      async destroy(id) {
        destroyed.add(id)
        return store.destroy(id)
      },
      async update(session, expected) {
        const answer = await store.update(session, expected)
        if (answer !== 'gone' || !destroyed.has(session.id)) return answer
        records.set(key(session.id), { ...session })
        return 'saved'
      },
    }
  }),
  mutant('the last write wins', 'UPDATE-004', 'update from an outdated version', (store, { records, key }) => ({
    ...store,
    async update(session, expected) {
      return store.update(session, records.get(key(session.id))?.version ?? expected)
    },
  })),
  mutant('a retry of update answers `conflict`', 'UPDATE-005', 'a retry of update', (store, { records, key }) => ({
    ...store,
    async update(session, expected) {
      const stored = records.get(key(session.id))
      return stored && stored.version !== expected ? 'conflict' : store.update(session, expected)
    },
  })),
  mutant('a retry of update is applied twice', 'UPDATE-006', 'moved the lifetime back', (store, { records, key }) => ({
    ...store,
    async update(session, expected) {
      const answer = await store.update(session, expected)
      if (answer === 'saved') records.set(key(session.id), { ...session })
      return answer
    },
  })),
  mutant('any version used before counts as a retry', 'UPDATE-007', 'after another update', (store) => {
    const used = new Set<string>()
    return {
      ...store,
      async update(session, expected) {
        const answer = await store.update(session, expected)
        if (answer === 'conflict' && used.has(session.version)) return 'saved'
        if (answer === 'saved') used.add(session.version)
        return answer
      },
    }
  }),
  mutant('update never shortens', 'UPDATE-008', 'did not take over an earlier expiry', (store, { records, key }) => ({
    ...store,
    async update(session, expected) {
      const expiresAt = later(session.expiresAt, records.get(key(session.id))?.expiresAt ?? 0)
      return store.update({ ...session, expiresAt, purgeAt: later(expiresAt, session.purgeAt) }, expected)
    },
  })),
  mutant('update moves the purge time back', 'UPDATE-009', 'moved the purge time back', (store, { records, key }) => ({
    ...store,
    async update(session, expected) {
      const isRetry = records.get(key(session.id))?.version === session.version
      const answer = await store.update(session, expected)
      if (answer === 'saved' && !isRetry) records.set(key(session.id), { ...session })
      return answer
    },
  })),
  mutant('update refuses what has expired', 'UPDATE-010', 'within its grace', (store, { records, key, clock }) => ({
    ...store,
    async update(session, expected) {
      const stored = records.get(key(session.id))
      return stored && stored.expiresAt <= clock.now() ? 'gone' : store.update(session, expected)
    },
  })),
  mutant('update to the past deletes', 'UPDATE-011', 'lost the record', (store, { clock }) => ({
    ...store,
    async update(session, expected) {
      const answer = await store.update(session, expected)
      if (answer === 'saved' && session.expiresAt <= clock.now()) await store.destroy(session.id)
      return answer
    },
  })),
  mutant('update keeps the owner', 'UPDATE-012', 'whose owner was set', (store, { records, key }) => ({
    ...store,
    async update(session, expected) {
      const stored = records.get(key(session.id))
      return store.update({ ...session, owner: stored?.owner ?? session.owner }, expected)
    },
  })),
  mutant('update writes to all records', 'UPDATE-013', 'changed another record', (store, { records, key }) => ({
    ...store,
    async update(session, expected) {
      const answer = await store.update(session, expected)
      const { payload } = session
      if (answer === 'saved') for (const [at, other] of records) records.set(at, { ...other, payload })
      return records.has(key(session.id)) ? answer : 'gone'
    },
  })),
  mutant('the version is compared, then the record written', 'RACE-002', 'how many of 16', (store, backend) => ({
    ...store,
    update: (session, expected) => compareThenWrite(session, expected, backend.records, backend.key(session.id), later),
  })),
  mutant('the version is compared in a step of its own', 'STEP-002', 'two were told', (store, backend) => ({
    ...store,
    async update(session, expected) {
      await backend.step('read')
      const stored = await store.load(session.id)
      await backend.step('write')
      if (!stored || stored.version !== expected) return store.update(session, expected)
      backend.records.set(backend.key(session.id), { ...session, purgeAt: later(stored.purgeAt, session.purgeAt) })
      return 'saved'
    },
  })),
  mutant('update asks for existence in a step of its own', 'STEP-003', 'came back', (store, backend) => ({
    ...store,
    async update(session, expected) {
      await backend.step('read')
      const stored = await store.load(session.id)
      await backend.step('write')
      const current = backend.records.get(backend.key(session.id))
      if (!stored || (current && current.version !== expected)) return store.update(session, expected)
      backend.records.set(backend.key(session.id), { ...session })
      return 'saved'
    },
  })),
  mutant('update takes the purge time from a step before', 'STEP-005', 'of no order', (store, backend) => ({
    ...store,
    async update(session, expected) {
      await backend.step('read')
      const seen = backend.records.get(backend.key(session.id))
      await backend.step('write')
      const answer = await store.update(session, expected)
      const purgeAt = later(seen?.purgeAt ?? 0, session.purgeAt)
      if (answer === 'saved') backend.records.set(backend.key(session.id), { ...session, purgeAt })
      return answer
    },
  })),
  mutant('update writes what was swept between its steps', 'STEP-010', 'of no order', (store, backend) => ({
    ...store,
    async update(session, expected) {
      await backend.step('read')
      const seen = backend.records.get(backend.key(session.id))
      await backend.step('write')
      if (seen?.version !== expected || backend.records.has(backend.key(session.id)))
        return store.update(session, expected)
      backend.records.set(backend.key(session.id), { ...session })
      return 'saved'
    },
  })),
]

async function compareThenWrite(
  session: StoredSession,
  expected: string,
  records: Map<string, StoredSession>,
  key: string,
  later: (a: number, b: number) => number,
): Promise<'saved' | 'conflict' | 'gone'> {
  const stored = records.get(key)
  if (!stored) return 'gone'
  if (stored.version === session.version) return 'saved'
  if (stored.version !== expected) return 'conflict'
  await Promise.resolve()
  records.set(key, { ...session, purgeAt: later(stored.purgeAt, session.purgeAt) })
  return 'saved'
}
