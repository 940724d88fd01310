import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { isLeewayError, LeewayError } from '../errors.ts'
import { ABSOLUTE, GRACE, given, IDLE, OVERLAP, recordEvents, rejection, scene } from '../testing-scene.ts'
import { answering, dropping, failing, outage } from '../testing-faults.ts'
import { createSessions } from './sessions.ts'

const unknownId = 'a'.repeat(26)
const secret = 'S'.repeat(32)

const strangers: [string, string | null | undefined, 'malformed' | 'unknown' | 'none'][] = [
  ['a missing token', undefined, 'none'],
  ['null', null, 'none'],
  ['an empty token', '', 'none'],
  ['a truncated token', `${unknownId}.${secret.slice(1)}`, 'malformed'],
  ['a token with a character too many', `${unknownId}.${secret}S`, 'malformed'],
  ['a megabyte', 'a'.repeat(1_048_576), 'malformed'],
  ['an id in upper case', `${unknownId.toUpperCase()}.${secret}`, 'malformed'],
  ['a reserved id', `1${unknownId.slice(1)}.${secret}`, 'malformed'],
  ['a path for an id', `${'../'.repeat(8)}aa.${secret}`, 'malformed'],
  ['a secret outside base64url', `${unknownId}.${'+'.repeat(32)}`, 'malformed'],
  ['another separator', `${unknownId}:${secret}`, 'malformed'],
  ['a token after a line break', `\n${unknownId}.${secret.slice(1)}`, 'malformed'],
  ['a token before a line break', `${unknownId}.${secret.slice(1)}\n`, 'malformed'],
  ['an unknown token', `${unknownId}.${secret}`, 'unknown'],
]

describe('open', () => {
  it.each(strangers)('answers %s with a new session and writes nothing', async (_name, token, reason) => {
    const { sessions, store } = scene()
    using events = recordEvents()
    const session = await sessions.open(token)
    expect(session.isNew).toBe(true)
    expect(session.id).toMatch(/^[a-z2-7]{26}$/)
    expect(session.id).not.toBe(unknownId)
    expect(session.owner).toBeNull()
    expect(await session.save()).toEqual({ status: 'unchanged', token: null })
    expect(store.writes).toBe(0)
    expect(store.calls.load).toBe(reason === 'unknown' ? 1 : 0)
    expect(events.named('leeway:session:miss')).toEqual(
      reason === 'none' ? [] : [{ id: reason === 'unknown' ? unknownId : undefined, reason }],
    )
  })

  it('does not give the session to a valid id with a wrong secret, and changes nothing', async () => {
    const { sessions, store, stored, begin } = scene()
    const { id } = await begin({ private: 1 })
    const before = stored(id)
    const writes = store.writes
    using events = recordEvents()
    const intruder = await sessions.open(`${id}.${secret}`)
    expect(intruder.isNew).toBe(true)
    expect(intruder.id).not.toBe(id)
    expect(intruder.data).toEqual({})
    intruder.data.mine = 1
    await intruder.save()
    expect(store.writes).toBe(writes + 1)
    expect(stored(id)).toEqual(before)
    expect(events.named('leeway:session:miss')).toEqual([{ id, reason: 'wrong-secret' }])
  })

  it.each([
    ['idle', IDLE],
    ['absolute', ABSOLUTE],
  ])('serves a session until the instant before its %s end', async (kind, span) => {
    const { sessions, clock, begin } = scene(kind === 'absolute' ? { idleTimeoutMs: ABSOLUTE * 2 } : {})
    const { token, id, session } = await begin()
    expect(session.expiresAt).toBe(clock.now() + span)
    clock.advance(span - 1)
    expect((await sessions.open(token)).id).toBe(id)
    clock.advance(1)
    using events = recordEvents()
    const next = await sessions.open(token)
    expect(next.isNew).toBe(true)
    expect(next.id).not.toBe(id)
    expect(events.all.map(({ name }) => name)).toEqual(['leeway:session:expired'])
    expect(events.named('leeway:session:expired')).toEqual([{ id, owner: null }])
  })

  it('does not serve an expired session again when the clock is set back', async () => {
    const { sessions, clock, begin } = scene()
    const { token } = await begin()
    clock.advance(IDLE)
    expect((await sessions.open(token)).isNew).toBe(true)
    clock.jumpTo(clock.now() - IDLE)
    expect((await sessions.open(token)).isNew).toBe(true)
  })

  it('checks the absolute end in the envelope as well as the stored expiry', async () => {
    const { sessions, clock, begin, stored, overwrite } = scene()
    const { token, id } = await begin()
    const record = stored(id)
    if (!record) throw new Error('not stored')
    overwrite({ ...record, expiresAt: record.expiresAt + ABSOLUTE, purgeAt: record.purgeAt + ABSOLUTE })
    clock.advance(ABSOLUTE - 1)
    expect((await sessions.open(token)).isNew).toBe(false)
    clock.advance(1)
    expect((await sessions.open(token)).isNew).toBe(true)
  })

  it('writes nothing for a token that opens a session', async () => {
    const { sessions, store, begin } = scene()
    const { token, id } = await begin()
    const writes = store.writes
    using events = recordEvents()
    const session = await sessions.open(token)
    expect(session.isNew).toBe(false)
    expect(session.data).toEqual({ started: true })
    expect(store.writes).toBe(writes)
    expect(events.all).toEqual([{ name: 'leeway:session:open', message: { id, owner: null } }])
  })

  it('stores initial data only once it has been changed', async () => {
    const { sessions, store, storedData } = scene({ initialData: () => ({ visits: 0 }) })
    const session = await sessions.open()
    expect(session.data).toEqual({ visits: 0 })
    session.data.visits = 1
    session.data.visits = 0
    expect(await session.save()).toEqual({ status: 'unchanged', token: null })
    expect(await session.update(() => {})).toEqual({ visits: 0 })
    expect(await session.rotate()).toEqual({ status: 'unchanged', token: null })
    session.setTimeouts({ idleTimeoutMs: 1000 })
    expect((await session.save()).status).toBe('unchanged')
    expect(await session.destroy()).toEqual({ status: 'gone' })
    expect(store.writes).toBe(0)
    const another = await sessions.open()
    another.data.visits = 1
    expect((await another.save()).status).toBe('saved')
    expect(storedData(another.id)).toEqual({ visits: 1 })
  })

  it('gives every new session initial data of its own', async () => {
    const shared = { list: [] as number[] }
    const { sessions } = scene({ initialData: () => shared })
    const one = await sessions.open()
    ;(one.data.list as number[]).push(1)
    expect((await sessions.open()).data).toEqual({ list: [] })
    expect(shared.list).toEqual([])
  })

  it('keeps the id that was read between opening and storing', async () => {
    const { sessions } = scene()
    const session = await sessions.open()
    const { id } = session
    expect(session.id).toBe(id)
    session.data.a = 1
    const { token } = await session.save()
    expect(session.id).toBe(id)
    expect(given(token).startsWith(`${id}.`)).toBe(true)
    expect((await sessions.open(token)).id).toBe(id)
  })

  it('stays a new session for the request that began it', async () => {
    const { session } = await scene().begin()
    expect(session.isNew).toBe(true)
  })
})

describe('open, where the store fails', () => {
  it('rejects, and never answers with a new session', async () => {
    const { sessions, store, begin } = scene()
    const { token, id } = await begin()
    using events = recordEvents()
    store.next('load', failing())
    const error = await rejection(sessions.open(token))
    expect(error).toBeInstanceOf(LeewayError)
    expect(error).toMatchObject({
      code: 'ERR_STORE_FAILED',
      operation: 'load',
      id: `${id.slice(0, 6)}…`,
      cause: outage,
    })
    expect(events.all).toEqual([
      { name: 'leeway:store:error', message: { operation: 'load', code: 'ERR_STORE_FAILED', error } },
    ])
    expect((await sessions.open(token)).id).toBe(id)
  })

  it.each([
    ['a string', 'down'],
    ['undefined', undefined],
    ['an error of another class', new TypeError('x is not a function')],
  ])('wraps %s', async (_name, thrown) => {
    const { sessions, store, begin } = scene()
    const { token } = await begin()
    store.next('load', () => Promise.reject(thrown))
    const error = await rejection(sessions.open(token))
    expect(isLeewayError(error)).toBe(true)
    expect(error).toMatchObject({ code: 'ERR_STORE_FAILED', cause: thrown })
  })

  it("passes the store's own LeewayError on", async () => {
    const { sessions, store, begin } = scene()
    const { token } = await begin()
    const own = new LeewayError('ERR_STORE_TIMEOUT', 'no answer within 2 s')
    store.next('load', failing(own))
    expect(await rejection(sessions.open(token))).toBe(own)
  })

  it('refuses a record that was not asked for', async () => {
    const { sessions, store, stored, begin } = scene()
    const mine = await begin({ who: 'me' })
    const other = await begin({ who: 'somebody else' })
    store.next('load', answering(stored(other.id)))
    expect(await rejection(sessions.open(mine.token))).toMatchObject({ code: 'ERR_STORE_FAILED', operation: 'load' })
    expect((await sessions.open(mine.token)).data).toEqual({ who: 'me' })
  })

  it('refuses a record that was not asked for when it reloads after a conflict', async () => {
    const { sessions, store, stored, storedData, begin } = scene()
    const mine = await begin({ who: 'me' })
    const other = await begin({ who: 'somebody else' })
    const held = await sessions.open(mine.token)
    const first = await sessions.open(mine.token)
    first.data.a = 1
    await first.save()
    held.data.b = 1
    store.next('load', answering(stored(other.id)))
    expect(await rejection(held.save())).toMatchObject({ code: 'ERR_STORE_FAILED' })
    expect(storedData(mine.id)).toEqual({ who: 'me', a: 1 })
    expect(storedData(other.id)).toEqual({ who: 'somebody else' })
  })

  it('rejects where a pending secret cannot be confirmed', async () => {
    const { sessions, store, begin } = scene()
    const { token, id } = await begin()
    const rotated = given((await (await sessions.open(token)).rotate()).token)
    store.next('update', failing())
    expect(await rejection(sessions.open(rotated))).toMatchObject({ code: 'ERR_STORE_FAILED' })
    expect((await sessions.open(rotated)).id).toBe(id)
  })
})

describe('open, where the record cannot be read', () => {
  const header = (payload: string) => payload.slice(0, payload.indexOf('\n'))
  it.each<[string, (payload: string) => string]>([
    ['an empty payload', () => ''],
    ['JSON of somebody else', () => '{"cookie":{}}'],
    ['no JSON at all', () => 'O:8:"stdClass":0:{}\n{}'],
    ['a header that is an array', (payload) => `[]${payload.slice(payload.indexOf('\n'))}`],
    ['another format', (payload) => payload.replace('"format":1', '"format":2')],
    ['credentials without a hash', (payload) => payload.replace('"current"', '"currant"')],
    ['an instant that is text', (payload) => payload.replace(/"absoluteAt":(\d+)/, '"absoluteAt":"$1"')],
    ['no data', (payload) => `${header(payload)}\n`],
    ['torn data', (payload) => payload.slice(0, -3)],
    ['data that is an array', (payload) => `${header(payload)}\n[]`],
    ['data that is null', (payload) => `${header(payload)}\nnull`],
    ['data that is text', (payload) => `${header(payload)}\n"x"`],
  ])('answers %s with a new session, and leaves the bytes alone', async (_name, damage) => {
    const { sessions, store, stored, overwrite, begin } = scene()
    const { token, id } = await begin()
    const record = stored(id)
    if (!record) throw new Error('not stored')
    const damaged = { ...record, payload: damage(record.payload) }
    expect(damaged.payload).not.toBe(record.payload)
    overwrite(damaged)
    const writes = store.writes
    using events = recordEvents()
    const session = await sessions.open(token)
    expect(session.isNew).toBe(true)
    expect(session.id).not.toBe(id)
    expect(events.all).toEqual([{ name: 'leeway:session:miss', message: { id, reason: 'undecodable' } }])
    expect(store.writes).toBe(writes)
    expect(stored(id)).toEqual(damaged)
  })

  it('drops a __proto__ key that was planted in the stored text', async () => {
    const { sessions, stored, overwrite, begin } = scene()
    const { token, id } = await begin()
    const record = stored(id)
    if (!record) throw new Error('not stored')
    overwrite({ ...record, payload: `${header(record.payload)}\n{"a":1,"__proto__":{"admin":true}}` })
    const session = await sessions.open(token)
    expect(session.data).toEqual({ a: 1 })
    expect(session.data.admin).toBeUndefined()
  })
})

describe('secrets', () => {
  it('appear in no event, no error and no stored byte', async () => {
    const { sessions, clock, store, stored, begin } = scene()
    using events = recordEvents()
    const tokens = new Set<string>()
    const errors: unknown[] = []
    const bytes: unknown[] = []
    const keep = (token: string | null) => {
      if (token !== null) tokens.add(token)
      return token
    }

    const { token, id } = await begin({ cart: [] })
    keep(token)
    bytes.push(stored(id))
    await sessions.open(`${id}.${secret}`)
    await sessions.open(token.slice(1))
    const stale = await sessions.open(token)
    const rotating = await sessions.open(token)
    const pending = given(keep((await rotating.rotate()).token))
    bytes.push(stored(id))
    const confirmed = await sessions.open(pending)
    await sessions.open(token)
    clock.advance(OVERLAP)
    await sessions.open(token)
    expect(events.named('leeway:session:theft')).toHaveLength(1)
    bytes.push(stored(id))
    stale.data.a = 1
    keep((await stale.save()).token)
    stale.data.b = new Date()
    errors.push(await rejection(stale.save()))
    keep((await confirmed.login('u1')).token)
    bytes.push(stored(id))
    const late = await sessions.open(pending)
    expect(late.isNew).toBe(true)
    errors.push(await rejection(rotating.login('u1')))
    errors.push(await rejection(rotating.update(() => {})))
    for (const fault of [failing(), dropping(), failing(new Error('Command timed out'))]) {
      store.next('update', fault)
      store.next('load', failing())
      confirmed.data.n = Math.random()
      errors.push(await rejection(confirmed.save()))
    }
    store.next('load', failing())
    errors.push(await rejection(sessions.open([...tokens].at(-1))))
    clock.advance(1)
    await sessions.revokeAll('u1')
    errors.push(await rejection(confirmed.update((data) => void (data.x = 1))))
    const another = await sessions.open()
    errors.push(await rejection(another.login('u1')))
    errors.push(await rejection(another.login('u1', { credentialsCheckedAt: Number.NaN })))
    const { session } = await begin()
    clock.advance(IDLE + GRACE)
    await sessions.sweep()
    session.data.late = true
    await session.save()
    await sessions.close()
    errors.push(await rejection(sessions.open(token)))

    expect(new Set(events.all.map(({ name }) => name)).size).toBeGreaterThanOrEqual(10)
    expect(tokens.size).toBe(3)
    const said = inspect(
      { events: events.all, errors, bytes },
      { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null },
    )
    const json = JSON.stringify({ events: events.all, errors, bytes })
    expect(said.length).toBeGreaterThan(5000)
    for (const minted of [...tokens, secret]) {
      const text = minted.split('.').at(-1) ?? ''
      expect(text).toHaveLength(32)
      expect(said).not.toContain(text)
      expect(json).not.toContain(text)
    }
  })
})

describe('createSessions', () => {
  it.each([
    ['initialData', { initialData: {} }],
    ['overlapMs', { overlapMs: -1 }],
    ['overlapMs', { overlapMs: 1.5 }],
  ])('refuses a wrong %s', (name, wrong) => {
    const { store } = scene()
    const options = { store, ...wrong } as unknown as Parameters<typeof createSessions>[0]
    expect(() => createSessions(options)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(name) }),
    )
  })

  it.each([
    ['null', null],
    ['an array', []],
    ['a Date inside', { at: new Date() }],
  ])('rejects the opening where initial data is %s', async (_name, data) => {
    const { sessions } = scene({ initialData: () => data as unknown as Record<string, unknown> })
    expect(await rejection(sessions.open())).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' })
  })
})
