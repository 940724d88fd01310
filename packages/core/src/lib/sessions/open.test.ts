import { describe, expect, it } from 'vitest'
import { LeewayError } from '../errors.ts'
import { rejectionOf, thrownBy } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { ABSOLUTE, IDLE, setup, tokenIn } from '../testing-sessions.ts'
import { createSessions } from './sessions.ts'

const unknownId = 'a'.repeat(26)
const secret = 'S'.repeat(32)

describe('the event of a token that opens nothing', () => {
  it.each([
    ['a missing token', undefined, []],
    ['an empty token', '', []],
    ['a truncated token', `${unknownId}.${secret.slice(1)}`, [{ id: undefined, reason: 'malformed' }]],
    ['a megabyte', 'a'.repeat(1_048_576), [{ id: undefined, reason: 'malformed' }]],
    ['an unknown token', `${unknownId}.${secret}`, [{ id: unknownId, reason: 'unknown' }]],
  ])('names the reason: %s', async (_what, token, misses) => {
    const { sessions } = setup()
    using events = recordEvents()
    await sessions.open(token)
    expect(events.all).toEqual(misses.map((message) => ({ name: 'leeway:session:miss', message })))
  })

  it('names a wrong secret, which opens nothing even when something is saved then', async () => {
    const { sessions, records, stored } = setup()
    const { id } = await stored({ a: 'private' })
    const before = records.get(`default:${id}`)
    using events = recordEvents()
    const intruder = await sessions.open(`${id}.${secret}`)
    intruder.data.b = 'mine'
    await intruder.save()
    expect(events.named('leeway:session:miss')).toEqual([{ id, reason: 'wrong-secret' }])
    expect(records.get(`default:${id}`)).toEqual(before)
    expect(records.size).toBe(2)
  })

  it('is another one for a session that has expired, and none of them writes', async () => {
    const { sessions, clock, backend, stored } = setup()
    const { token, id } = await stored()
    clock.advance(IDLE)
    using events = recordEvents()
    await sessions.open(token)
    expect(events.all).toEqual([{ name: 'leeway:session:expired', message: { id, owner: null } }])
    expect(backend.calls).toEqual(['load'])
  })
})

describe('an expired session', () => {
  it('is not served again when the clock is set back', async () => {
    const { sessions, clock, stored } = setup()
    const { token } = await stored()
    clock.advance(IDLE)
    expect((await sessions.open(token)).isNew).toBe(true)
    clock.jumpTo(clock.now() - IDLE)
    expect((await sessions.open(token)).isNew).toBe(true)
  })

  it('is recognised by the absolute end in the envelope, whatever the stored expiry says', async () => {
    const { sessions, clock, records, stored } = setup()
    const { token, id } = await stored()
    const record = records.get(`default:${id}`)
    if (!record) throw new Error('not stored')
    const far = clock.now() + 10 * ABSOLUTE
    records.set(`default:${id}`, { ...record, expiresAt: far, purgeAt: far })
    clock.advance(ABSOLUTE - 1)
    expect((await sessions.open(token)).isNew).toBe(false)
    clock.advance(1)
    expect((await sessions.open(token)).isNew).toBe(true)
  })
})

describe('a failure of the store', () => {
  it('is published', async () => {
    const { sessions, backend, stored } = setup()
    const { token } = await stored()
    using events = recordEvents()
    backend.failNext('load')
    const error = await rejectionOf(sessions.open(token))
    expect(events.all).toEqual([
      { name: 'leeway:store:error', message: { operation: 'load', code: 'ERR_STORE_FAILED', error } },
    ])
  })

  it.each([
    ['a string', 'down'],
    ['nothing', undefined],
    ['null', null],
    ['an error of another class', new TypeError('x is not a function')],
  ])('is wrapped where the store rejects with %s', async (_what, thrown) => {
    const { sessions, backend, stored } = setup()
    const { token } = await stored()
    backend.beforeNext('load', () => Promise.reject(thrown))
    const error = await rejectionOf(sessions.open(token))
    expect(error.code).toBe('ERR_STORE_FAILED')
    expect(error.cause).toBe(thrown)
  })

  it('is wrapped where the store throws', async () => {
    const { sessions, backend, stored } = setup()
    const { token } = await stored()
    backend.beforeNext('load', () => {
      throw new RangeError('thrown, not rejected')
    })
    expect((await rejectionOf(sessions.open(token))).code).toBe('ERR_STORE_FAILED')
  })

  it("is passed on where it is the store's own LeewayError", async () => {
    const { sessions, backend, stored } = setup()
    const { token } = await stored()
    const own = new LeewayError('ERR_STORE_TIMEOUT', 'no answer within 2 s')
    backend.failNext('load', own)
    expect(await rejectionOf(sessions.open(token))).toBe(own)
  })

  it('is an answer with a record that was not asked for, after a conflict as well', async () => {
    const { backend, records, stored, open } = setup()
    const mine = await stored({ a: 'mine' })
    const other = await stored({ a: 'theirs' })
    const slow = await open(mine.token)
    const first = await open(mine.token)
    first.data.b = 1
    await first.save()
    const before = [...records.values()]
    slow.data.c = 1
    backend.answerNext('load', records.get(`default:${other.id}`))
    expect((await rejectionOf(slow.save())).code).toBe('ERR_STORE_FAILED')
    expect([...records.values()]).toEqual(before)
  })

  it('while a pending secret is confirmed rejects the opening', async () => {
    const { sessions, backend, stored, open } = setup()
    const { token, id } = await stored()
    const rotated = tokenIn(await (await open(token)).rotate())
    backend.failNext('update')
    expect((await rejectionOf(sessions.open(rotated))).code).toBe('ERR_STORE_FAILED')
    expect((await open(rotated)).id).toBe(id)
  })
})

describe('a record that cannot be read', () => {
  const header = (payload: string) => payload.slice(0, payload.indexOf('\n'))

  it.each<[string, (payload: string) => string]>([
    ['an empty payload', () => ''],
    ["somebody else's JSON", () => '{"cookie":{}}'],
    ['no JSON at all', () => 'O:8:"stdClass":0:{}\n{}'],
    ['a header that is an array', (payload) => `[]${payload.slice(payload.indexOf('\n'))}`],
    ['another format', (payload) => payload.replace('"format":1', '"format":2')],
    ['credentials without a hash', (payload) => payload.replace('"current"', '"currant"')],
    ['an instant that is text', (payload) => payload.replace(/"absoluteAt":(\d+)/, '"absoluteAt":"$1"')],
    ['no data', (payload) => `${header(payload)}\n`],
    ['torn data', (payload) => payload.slice(0, -3)],
    ['data that is null', (payload) => `${header(payload)}\nnull`],
    ['data that is text', (payload) => `${header(payload)}\n"x"`],
  ])('is a miss, a new session and no write: %s', async (_what, damage) => {
    const { sessions, backend, records, stored } = setup()
    const { token, id } = await stored()
    const record = records.get(`default:${id}`)
    if (!record) throw new Error('not stored')
    const damaged = { ...record, payload: damage(record.payload) }
    expect(damaged.payload).not.toBe(record.payload)
    records.set(`default:${id}`, damaged)
    using events = recordEvents()
    const session = await sessions.open(token)
    expect([session.isNew, session.id === id]).toEqual([true, false])
    expect(events.all).toEqual([
      { name: 'leeway:session:miss', message: { id, reason: 'undecodable', error: expect.any(LeewayError) } },
    ])
    expect(backend.calls).toEqual(['load'])
    expect(records.get(`default:${id}`)).toEqual(damaged)
  })

  it('is not one with a planted __proto__ key, which is dropped', async () => {
    const { records, stored, open } = setup()
    const { token, id } = await stored()
    const record = records.get(`default:${id}`)
    if (!record) throw new Error('not stored')
    const payload = `${header(record.payload)}\n{"n":1,"__proto__":{"admin":true}}`
    records.set(`default:${id}`, { ...record, payload })
    const { data } = await open(token)
    expect(data).toEqual({ n: 1 })
    expect('admin' in data).toBe(false)
  })
})

describe('createSessions', () => {
  it.each([
    ['initialData', { initialData: {} }],
    ['overlapMs', { overlapMs: -1 }],
    ['overlapMs', { overlapMs: 1.5 }],
  ])('refuses a wrong %s', (name, wrong) => {
    const options = { store: setup().backend.store, ...wrong } as unknown as Parameters<typeof createSessions>[0]
    const error = thrownBy(() => createSessions(options))
    expect(error.code).toBe('ERR_INVALID_OPTION')
    expect(error.message).toContain(name)
  })
})
