import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import { type Backend, type Mutant, mutant } from './mutant.ts'

/** Faults in what is taken, kept and given back. */
export const valueMutants: readonly Mutant[] = [
  mutant('the empty payload becomes null', 'PAYLOAD-001', 'came back changed', (store) =>
    reading(store, (session) => ({ ...session, payload: session.payload || (null as unknown as string) })),
  ),
  mutant('payloads end at NUL', 'PAYLOAD-002', 'came back changed', (store) =>
    rewriting(store, (payload) => payload.split('\u0000')[0] ?? ''),
  ),
  mutant('payloads in three bytes a character', 'PAYLOAD-003', 'came back changed', (store) =>
    rewriting(store, (payload) => payload.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '?')),
  ),
  mutant('a byte order mark is swallowed', 'PAYLOAD-003', 'came back changed', (store) =>
    rewriting(store, (payload) => payload.replace(/^\ufeff/, '')),
  ),
  mutant('line separators become line feeds', 'PAYLOAD-004', 'came back changed', (store) =>
    rewriting(store, (payload) => payload.replaceAll(/[\u2028\u2029]/g, '\n')),
  ),
  mutant('payloads that look like numbers become numbers', 'PAYLOAD-005', 'came back changed', (store) =>
    rewriting(store, (payload) =>
      payload.trim() !== '' && !Number.isNaN(Number(payload)) ? `${Number(payload)}` : payload,
    ),
  ),
  mutant('payloads are trimmed', 'PAYLOAD-005', 'came back changed', (store) =>
    rewriting(store, (payload) => payload.trim()),
  ),
  mutant('payloads are normalised', 'PAYLOAD-006', 'came back changed', (store) =>
    rewriting(store, (payload) => payload.normalize()),
  ),
  mutant('JSON is parsed and merged', 'PAYLOAD-007', 'came back changed', (store) =>
    rewriting(store, (payload) => {
      if (!payload.startsWith('{')) return payload
      const target: Record<string, unknown> = Object.create({})
      for (const [key, value] of Object.entries(JSON.parse(payload))) if (key !== '__proto__') target[key] = value
      return JSON.stringify(target)
    }),
  ),
  mutant('payloads are cut off at 64 KiB', 'PAYLOAD-008', 'came back changed', (store) =>
    rewriting(store, (payload) => payload.slice(0, 65_535)),
  ),
  mutant('payloads are decoded in chunks', 'PAYLOAD-009', 'came back changed', (store) =>
    rewriting(store, (payload) => {
      const bytes = Buffer.from(payload)
      return bytes.subarray(0, 16_384).toString() + bytes.subarray(16_384).toString()
    }),
  ),
  mutant('the limit counts characters', 'PAYLOAD-010', 'one byte too long', (store, backend) =>
    unchecked(store, backend, ({ payload }) => payload.length <= backend.maxPayloadBytes && payload.isWellFormed()),
  ),
  mutant('the limit is one too small', 'PAYLOAD-010', 'that just fits', (store, { maxPayloadBytes }) => ({
    ...store,
    create: async (session) => (session.payload.length >= maxPayloadBytes ? 'exists' : store.create(session)),
  })),
  mutant('lone surrogates are taken', 'PAYLOAD-011', 'with a lone surrogate', (store, backend) =>
    unchecked(store, backend, ({ payload }) => typeof payload === 'string' && !payload.isWellFormed()),
  ),
  mutant('lone surrogates are replaced', 'PAYLOAD-011', 'with a lone surrogate', (store) => {
    const clean = (session: StoredSession) =>
      typeof session.payload === 'string' ? { ...session, payload: session.payload.toWellFormed() } : session
    return {
      ...store,
      create: (session) => store.create(clean(session)),
      update: (session, expected) => store.update(clean(session), expected),
    }
  }),
  mutant('payloads are turned into text', 'PAYLOAD-012', 'create with a payload that is a', (store) => ({
    ...store,
    create: (session) => store.create({ ...session, payload: String(session.payload) }),
  })),
  mutant('no owner and the empty owner are the same', 'PAYLOAD-013', 'the record with owner ""', (store) =>
    reading(store, (session) => ({ ...session, owner: session.owner || null })),
  ),
  mutant('ids that begin with a digit are refused', 'ID-001', 'create under an id that begins with 0', (store) => ({
    ...store,
    create: async (session) => (/^[01]/.test(session.id) ? 'exists' : store.create(session)),
  })),
  mutant('ids are cut off', 'ID-002', 'create under', (store) =>
    keyedBy(store, (id) => id.slice(0, 25).padEnd(26, '0')),
  ),
  mutant('ids are compared as numbers', 'ID-003', 'create under', (store) =>
    keyedBy(store, (id) =>
      Number.isNaN(Number(id))
        ? id
        : String(Number(id))
            .padStart(26, '0')
            .replace(/[^a-z0-9]/g, '0'),
    ),
  ),
  mutant('any text is an id', 'ID-004', 'with the id', (store, { records, key }) => ({
    ...store,
    load: async (id) => records.get(key(id)),
  })),
  mutant('a line feed after an id goes unnoticed', 'ID-004', 'with the id', (store) =>
    keyedBy(store, (id) => (typeof id === 'string' ? id.replace(/\n$/, '') : id)),
  ),
  mutant('ids in any case', 'ID-005', 'with the id', (store) =>
    keyedBy(store, (id) => (typeof id === 'string' ? id.toLowerCase() : id)),
  ),
  mutant('ids are turned into text', 'ID-006', 'load with a object as id', (store) => ({
    ...store,
    load: (id) => store.load(Array.isArray(id) ? String(id) : id),
  })),
  mutant('long ids are cut off', 'ID-007', 'create with the id', (store) =>
    keyedBy(store, (id) => (typeof id === 'string' && id.length > 1_000 ? id.slice(0, 26) : id)),
  ),
  mutant('any version is taken', 'RECORD-001', 'with version ""', (store, backend) =>
    unchecked(store, backend, ({ version }) => typeof version !== 'string' || version.length < 16),
  ),
  mutant('versions are compared without case', 'RECORD-002', 'update of version', (store, { records, key }) => ({
    ...store,
    async update(session, expected) {
      const { version = expected } = records.get(key(session.id)) ?? {}
      const isSame = version.toLowerCase() === expected.toLowerCase()
      return store.update(session, isSame ? version : expected)
    },
  })),
  mutant('instants need not be instants', 'RECORD-003', 'create with expiresAt NaN', (store, backend) =>
    unchecked(store, backend, ({ expiresAt, purgeAt }) => !Number.isSafeInteger(expiresAt) || !(purgeAt >= expiresAt)),
  ),
  mutant('instants are rounded', 'RECORD-003', 'create with expiresAt 1.5', (store) => ({
    ...store,
    create: (session) => store.create({ ...session, expiresAt: roundFraction(session.expiresAt) }),
  })),
  mutant('owners are cut off', 'RECORD-004', 'create with a string as owner', (store) => ({
    ...store,
    create: (session) =>
      store.create({
        ...session,
        owner: typeof session.owner === 'string' ? session.owner.slice(0, 255) : session.owner,
      }),
  })),
  mutant(
    'what is created is a live reference',
    'COPY-001',
    'create kept a live reference',
    (store, { records, key }) => ({
      ...store,
      async create(session) {
        const answer = await store.create(session)
        if (answer === 'created') records.set(key(session.id), session)
        return answer
      },
    }),
  ),
  mutant(
    'what is loaded is a live reference',
    'COPY-002',
    'two loads returned the same',
    (store, { records, key }) => ({
      ...store,
      load: async (id) => (await store.load(id)) && records.get(key(id)),
    }),
  ),
  mutant('a touch keeps the lifetime it was given', 'COPY-003', 'touch kept a live', (store, { records, key }) => ({
    ...store,
    async touch(loaded, lifetime) {
      const answer = await store.touch(loaded, lifetime)
      const stored = records.get(key(loaded.id))
      if (answer === 'touched' && stored) {
        records.set(key(loaded.id), Object.create(lifetime, Object.getOwnPropertyDescriptors(withoutLifetime(stored))))
      }
      return answer
    },
  })),
  mutant('arguments are read later', 'COPY-004', 'create read its argument after', (store) => ({
    ...store,
    async create(session) {
      await Promise.resolve()
      return store.create(session)
    },
  })),
  mutant('what is listed is a live reference', 'COPY-005', 'list returned a live reference', (store, { records }) => ({
    ...store,
    async list(query) {
      const page = (await store.list?.(query)) ?? { sessions: [] }
      return {
        ...page,
        sessions: page.sessions.map(({ id }) => [...records.values()].find((one) => one.id === id)),
      } as typeof page
    },
  })),
]

/** Payloads are stored as `change` makes them. */
function rewriting(store: SessionStore, change: (payload: string) => string): SessionStore {
  const changed = (session: StoredSession): StoredSession =>
    typeof session.payload === 'string' && session.payload.isWellFormed()
      ? { ...session, payload: change(session.payload) }
      : session
  return {
    ...store,
    create: (session) => store.create(changed(session)),
    update: (session, expected) => store.update(changed(session), expected),
  }
}

/** Records are given back as `change` makes them. */
function reading(store: SessionStore, change: (session: StoredSession) => StoredSession): SessionStore {
  return {
    ...store,
    async load(id) {
      const stored = await store.load(id)
      return stored && change(stored)
    },
  }
}

/** Records that `isTaken` are stored without the checks. */
function unchecked(
  store: SessionStore,
  { records, key }: Backend,
  isTaken: (session: StoredSession) => boolean,
): SessionStore {
  return {
    ...store,
    async create(session) {
      if (!isTaken(session)) return store.create(session)
      records.set(key(session.id), { ...session })
      return 'created'
    },
  }
}

/** Every id is replaced by another. */
function keyedBy(store: SessionStore, keyOf: (id: string) => string): SessionStore {
  const keyed = <T extends { id: string }>(record: T): T => ({ ...record, id: keyOf(record.id) })
  return {
    ...store,
    create: async (session) => store.create(keyed(session)),
    async load(id) {
      const stored = await store.load(keyOf(id))
      return stored && { ...stored, id }
    },
    update: async (session, expected) => store.update(keyed(session), expected),
    touch: async (loaded, lifetime) => store.touch(keyed(loaded), lifetime),
    destroy: async (id) => store.destroy(keyOf(id)),
  }
}

function roundFraction(instant: number): number {
  return Number.isFinite(instant) ? Math.round(instant) : instant
}

function withoutLifetime({ id, version, payload, owner }: StoredSession): Omit<StoredSession, 'expiresAt' | 'purgeAt'> {
  return { id, version, payload, owner }
}
