import { describe, expect, it } from 'vitest'
import { mintId, mintVersion } from './ids.ts'
import { type MemoryStoreOptions, memoryStore } from './memory-store.ts'
import type { StoredSession, SweepOptions } from './store.ts'
import { rejectionOf, thrownBy } from './testing-errors.ts'

// The whole contract is the conformance kit's; here is what belongs to this store alone, and every outcome once.

function session(changes: Partial<StoredSession> = {}): StoredSession {
  return {
    id: mintId(),
    version: mintVersion(),
    payload: 'payload',
    owner: null,
    expiresAt: 1000,
    purgeAt: 2000,
    ...changes,
  }
}

const sweepOf = (cutoff: number, changes: Partial<SweepOptions> = {}): SweepOptions => ({
  cutoff,
  limit: 100,
  budgetMs: 1000,
  ...changes,
})

describe('every outcome', () => {
  it('of create', async () => {
    const store = memoryStore()
    const first = session()
    expect(await store.create(first)).toBe('created')
    expect(await store.create(first)).toBe('created')
    expect(await store.create(session({ id: first.id, payload: 'other' }))).toBe('exists')
    expect(await store.load(first.id)).toEqual(first)
  })

  it('of update', async () => {
    const store = memoryStore()
    const first = session()
    const second = session({ id: first.id, payload: 'second', expiresAt: 500, purgeAt: 1500 })
    expect(await store.update(second, first.version)).toBe('gone')
    await store.create(first)
    expect(await store.update(second, mintVersion())).toBe('conflict')
    expect(await store.update(second, first.version)).toBe('saved')
    expect(await store.update(second, first.version)).toBe('saved')
    expect(await store.load(first.id)).toEqual({ ...second, purgeAt: 2000 })
    expect(await store.update(session({ id: first.id }), first.version)).toBe('conflict')
  })

  it('of touch', async () => {
    const store = memoryStore()
    const first = session()
    expect(await store.touch(first, { expiresAt: 1, purgeAt: 1 })).toBe('gone')
    await store.create(first)
    expect(await store.touch({ ...first, version: mintVersion() }, { expiresAt: 5000, purgeAt: 6000 })).toBe('conflict')
    expect(await store.touch(first, { expiresAt: 1, purgeAt: 1 })).toBe('touched')
    expect(await store.load(first.id)).toEqual(first)
    expect(await store.touch(first, { expiresAt: 1500, purgeAt: 2500 })).toBe('touched')
    expect(await store.load(first.id)).toEqual({ ...first, expiresAt: 1500, purgeAt: 2500 })
  })

  it('of destroy', async () => {
    const store = memoryStore()
    const first = session()
    expect(await store.destroy(first.id)).toBe('gone')
    await store.create(first)
    expect(await store.destroy(first.id)).toBe('destroyed')
    expect(await store.load(first.id)).toBeUndefined()
  })

  it.each([
    [-1, 0],
    [0, 1],
    [1, 1],
  ])('of a sweep with the cutoff %i ms from the purge time', async (offset, removed) => {
    const store = memoryStore()
    await store.create(session())
    expect(await store.sweep(sweepOf(2000 + offset))).toEqual({ removed, examined: removed, cursor: undefined })
  })
})

describe('a sweep in pieces', () => {
  it('goes on where it stopped, past records that came and went meanwhile', async () => {
    const store = memoryStore()
    for (let i = 0; i < 5; i++) await store.create(session())
    const first = await store.sweep(sweepOf(2000, { limit: 2 }))
    expect(first.removed).toBe(2)
    await store.create(session())
    let { cursor } = first
    let removed = 0
    while (cursor !== undefined) {
      const next = await store.sweep(sweepOf(2000, { limit: 2, cursor }))
      removed += next.removed
      cursor = next.cursor
    }
    expect(removed).toBe(4)
  })

  it('with a cursor that nobody gave, or that another sweep has used, starts over', async () => {
    const store = memoryStore()
    for (let i = 0; i < 5; i++) await store.create(session())
    const { cursor } = await store.sweep(sweepOf(2000, { limit: 1 }))
    expect((await store.sweep(sweepOf(2000, { limit: 1, cursor: 'made up' }))).removed).toBe(1)
    expect((await store.sweep(sweepOf(2000, { cursor }))).removed).toBe(3)
  })

  it('comes to its end also while another one runs', async () => {
    const store = memoryStore()
    for (let i = 0; i < 10; i++) await store.create(session({ purgeAt: i % 2 === 0 ? 2000 : 3000 }))
    const cursors: (string | undefined)[] = []
    let removed = 0
    for (let calls = 0; calls < 2 || cursors.some((cursor) => cursor !== undefined); calls++) {
      if (calls > 100) throw new Error('the sweeps start over again and again')
      const result = await store.sweep(sweepOf(2000, { budgetMs: Number.MIN_VALUE, cursor: cursors[calls % 2] }))
      removed += result.removed
      cursors[calls % 2] = result.cursor
    }
    expect(removed).toBe(5)
  })

  it('stops at its budget, and says that there is more', async () => {
    const store = memoryStore()
    for (let i = 0; i < 3; i++) await store.create(session())
    const { removed, cursor } = await store.sweep(sweepOf(2000, { budgetMs: Number.MIN_VALUE }))
    expect(removed).toBe(1)
    expect(cursor).toBeDefined()
  })
})

describe('a list', () => {
  it('pages through an owner or all, in the order of ids, each once', async () => {
    const store = memoryStore()
    const made = Array.from({ length: 7 }, (_, i) => session({ owner: i < 5 ? 'alice' : null }))
    for (const one of made) await store.create(one)
    for (const owner of ['alice', undefined]) {
      const ids: string[] = []
      let cursor: string | undefined
      do {
        const page = await store.list?.({ owner, limit: 2, cursor })
        if (!page) throw new Error('the memory store lists')
        ids.push(...page.sessions.map(({ id }) => id))
        cursor = page.cursor
      } while (cursor !== undefined)
      const expected = made.filter((one) => owner === undefined || one.owner === owner).map(({ id }) => id)
      expect(ids).toEqual(expected.sort())
    }
  })

  it('tells neither versions nor payloads', async () => {
    const store = memoryStore()
    const { id } = session()
    await store.create(session({ id, owner: 'alice' }))
    expect((await store.list?.({ limit: 1 }))?.sessions).toEqual([
      { id, owner: 'alice', expiresAt: 1000, purgeAt: 2000 },
    ])
  })
})

describe('records', () => {
  it('are copies, in and out, with the fields of the contract and no others', async () => {
    const store = memoryStore()
    const given = { ...session(), extra: 'not kept' }
    await store.create(given)
    Object.assign(given, { payload: 'changed' })
    const loaded = await store.load(given.id)
    expect(loaded).toEqual({ ...session({ id: given.id, version: given.version }) })
    Object.assign(loaded ?? {}, { payload: 'changed' })
    expect((await store.load(given.id))?.payload).toBe('payload')
  })

  it('of two namespaces in one map do not see each other, also where one name begins with the other', async () => {
    const records = new Map<string, StoredSession>()
    const options: MemoryStoreOptions = { records }
    const [app, application] = [
      memoryStore({ ...options, namespace: 'app' }),
      memoryStore({ ...options, namespace: 'app_2' }),
    ]
    const one = session()
    await app.create(one)
    expect(await application.load(one.id)).toBeUndefined()
    expect(await application.create(session({ id: one.id }))).toBe('created')
    expect((await app.list?.({ limit: 9 }))?.sessions).toHaveLength(1)
    expect((await app.sweep(sweepOf(9000))).removed).toBe(1)
    expect(await application.load(one.id)).toBeDefined()
  })

  it('of two stores over one map are the same', async () => {
    const records = new Map<string, StoredSession>()
    const [one, two] = [memoryStore({ records }), memoryStore({ records })]
    const first = session()
    await one.create(first)
    expect(await two.load(first.id)).toEqual(first)
    await one.close()
    expect(await two.load(first.id)).toEqual(first)
  })
})

describe('what is no record', () => {
  const refused: [string, Partial<Record<keyof StoredSession, unknown>>, string][] = [
    ['an id of another length', { id: 'a'.repeat(25) }, 'ERR_INVALID_ID'],
    ['an id in upper case', { id: 'A'.repeat(26) }, 'ERR_INVALID_ID'],
    ['an id with a line break', { id: `${'a'.repeat(25)}\n` }, 'ERR_INVALID_ID'],
    ['an id with a line break behind it', { id: `${'a'.repeat(26)}\n` }, 'ERR_INVALID_ID'],
    ['an id that is no text', { id: 1 }, 'ERR_INVALID_ID'],
    ['a version of 15 characters', { version: 'a'.repeat(15) }, 'ERR_INVALID_RECORD'],
    ['a version of 33 characters', { version: 'a'.repeat(33) }, 'ERR_INVALID_RECORD'],
    ['a version with a space', { version: `${'a'.repeat(15)} ` }, 'ERR_INVALID_RECORD'],
    ['an owner of 256 characters', { owner: 'x'.repeat(256) }, 'ERR_INVALID_RECORD'],
    ['an owner that is not well formed', { owner: '\ud800' }, 'ERR_INVALID_RECORD'],
    ['no owner at all', { owner: undefined }, 'ERR_INVALID_RECORD'],
    ['a fraction of a millisecond', { expiresAt: 0.5 }, 'ERR_INVALID_RECORD'],
    ['no end', { expiresAt: Number.POSITIVE_INFINITY, purgeAt: Number.POSITIVE_INFINITY }, 'ERR_INVALID_RECORD'],
    ['a purge before the expiry', { purgeAt: 999 }, 'ERR_INVALID_RECORD'],
    ['a payload that is not well formed', { payload: '\ud800' }, 'ERR_INVALID_PAYLOAD'],
    ['a payload that is no text', { payload: {} }, 'ERR_INVALID_PAYLOAD'],
  ]

  it.each(refused)('is refused by create and update: %s', async (_what, changes, code) => {
    const records = new Map<string, StoredSession>()
    const store = memoryStore({ records })
    const wrong = session(changes as Partial<StoredSession>)
    expect((await rejectionOf(store.create(wrong))).code).toBe(code)
    expect((await rejectionOf(store.update(wrong, mintVersion()))).code).toBe(code)
    expect(records.size).toBe(0)
  })

  it('is refused by every other operation', async () => {
    const store = memoryStore()
    const one = session()
    const lifetime = { expiresAt: 1, purgeAt: 1 }
    expect((await rejectionOf(store.load('x'))).code).toBe('ERR_INVALID_ID')
    expect((await rejectionOf(store.destroy('x'))).code).toBe('ERR_INVALID_ID')
    expect((await rejectionOf(store.touch({ ...one, id: 'x' }, lifetime))).code).toBe('ERR_INVALID_ID')
    expect((await rejectionOf(store.touch(one, { expiresAt: 2, purgeAt: 1 }))).code).toBe('ERR_INVALID_RECORD')
    expect((await rejectionOf(store.update(one, 'x'))).code).toBe('ERR_INVALID_RECORD')
    for (const wrong of [{ cutoff: 0.5 }, { limit: 0 }, { budgetMs: 0 }, { budgetMs: Number.NaN }, { cursor: 1 }]) {
      const options = { ...sweepOf(1), ...wrong } as SweepOptions
      expect((await rejectionOf(store.sweep(options))).code).toBe('ERR_INVALID_OPTION')
    }
    expect((await rejectionOf(store.list?.({ limit: 0 }) ?? Promise.resolve())).code).toBe('ERR_INVALID_OPTION')
    expect((await rejectionOf(store.list?.({ limit: 1, owner: '\ud800' }) ?? Promise.resolve())).code).toBe(
      'ERR_INVALID_RECORD',
    )
  })
})

describe('the longest payload', () => {
  it.each([
    ['ASCII', 'x'.repeat(12)],
    ['two bytes', '\u00e9'.repeat(6)],
    ['three bytes', '\u20ac'.repeat(4)],
    ['four bytes', '\u{1F600}'.repeat(3)],
  ])('is counted in bytes of UTF-8: %s', async (_what, payload) => {
    const store = memoryStore({ maxPayloadBytes: 12 })
    expect(await store.create(session({ payload }))).toBe('created')
    expect((await rejectionOf(store.create(session({ payload: `${payload}x` })))).code).toBe('ERR_PAYLOAD_TOO_LARGE')
  })

  it('is 1 MiB, and what the capabilities say', async () => {
    const store = memoryStore()
    expect(store.capabilities.maxPayloadBytes).toBe(1_048_576)
    expect(await store.create(session({ payload: 'x'.repeat(1_048_576) }))).toBe('created')
    expect((await rejectionOf(store.create(session({ payload: 'x'.repeat(1_048_577) })))).code).toBe(
      'ERR_PAYLOAD_TOO_LARGE',
    )
    expect(memoryStore({ maxPayloadBytes: 5 }).capabilities.maxPayloadBytes).toBe(5)
  })
})

describe('the store itself', () => {
  it('has capabilities that nobody can change', () => {
    const { capabilities } = memoryStore()
    expect(Object.isFrozen(capabilities)).toBe(true)
    expect(capabilities).toMatchObject({ survives: 'nothing', sharedBy: 'process', purge: 'sweep', list: true })
  })

  it('refuses every call once it is closed', async () => {
    const store = memoryStore()
    const one = session()
    await store.close()
    await store.close()
    for (const call of [
      () => store.create(one),
      () => store.load(one.id),
      () => store.update(one, one.version),
      () => store.touch(one, one),
      () => store.destroy(one.id),
      () => store.sweep(sweepOf(1)),
      () => store.list?.({ limit: 1 }) ?? Promise.resolve(),
    ]) {
      expect((await rejectionOf(call())).code).toBe('ERR_STORE_CLOSED')
    }
  })

  it.each(['', 'A', 'a:b', 'a/b', '../x', 'x'.repeat(65), null, 5])('refuses the namespace %j', (namespace) => {
    expect(thrownBy(() => memoryStore({ namespace: namespace as string })).code).toBe('ERR_INVALID_OPTION')
  })

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null])('refuses %s bytes of payload', (bytes) => {
    expect(thrownBy(() => memoryStore({ maxPayloadBytes: bytes as number })).code).toBe('ERR_INVALID_OPTION')
  })
})
