import { describe, expect, it } from 'vitest'
import type { ClientHints } from '../aside.ts'
import { rejectionOf } from '../testing-errors.ts'
import { setup, TOUCH, tokenIn } from '../testing-sessions.ts'
import { formatToken, mintSecret } from './token.ts'

const phone = { userAgent: 'Phone/1', address: '192.0.2.1' }
const tablet = { userAgent: 'Tablet/2', address: '2001:db8::1' }

async function loggedInFrom(client: ClientHints) {
  const world = setup()
  const session = await world.sessions.open(null, { client })
  const token = tokenIn(await session.login('alice'))
  const listed = async () => (await world.sessions.list('alice', { details: true })).map((one) => one.client)
  world.backend.forget()
  return { ...world, token, listed }
}

describe('the client of a session', () => {
  it('is kept with the save that stores the session', async () => {
    const { listed } = await loggedInFrom(phone)
    expect(await listed()).toEqual([phone])
  })

  it('is no reason to store a session, or to write to one', async () => {
    const { sessions, records, token, backend } = await loggedInFrom(phone)
    const session = await sessions.open(token, { client: tablet })
    expect((await session.save()).status).toBe('unchanged')
    expect(backend.calls).toEqual(['load'])
    records.clear()
    const fresh = await sessions.open(undefined, { client: phone })
    expect((await fresh.save()).status).toBe('unchanged')
    expect(records.size).toBe(0)
  })

  it.each<[string, (session: Awaited<ReturnType<ReturnType<typeof setup>['open']>>) => Promise<unknown>]>([
    [
      'a save',
      (session) => {
        session.data.n = 1
        return session.save()
      },
    ],
    ['an update', (session) => session.update((data) => void data.n++)],
    ['a login', (session) => session.login('alice')],
    ['a rotation', (session) => session.rotate()],
  ])('is brought up to date along with %s', async (_what, write) => {
    const { sessions, token, listed } = await loggedInFrom(phone)
    await write(await sessions.open(token, { client: tablet }))
    expect(await listed()).toEqual([tablet])
  })

  it('is brought up to date by the request that confirms a rotation', async () => {
    const { sessions, open, token, listed } = await loggedInFrom(phone)
    const next = tokenIn(await (await open(token)).rotate())
    await sessions.open(next, { client: tablet })
    expect(await listed()).toEqual([tablet])
  })

  it('goes with a login that replaces the session of another owner', async () => {
    const { sessions, token, listed } = await loggedInFrom(phone)
    await (await sessions.open(token, { client: tablet })).login('bob')
    expect(await listed()).toEqual([])
    expect(await sessions.list('bob', { details: true })).toMatchObject([{ client: tablet }])
  })

  it('stays where a request tells nothing of its own', async () => {
    const { sessions, token, listed } = await loggedInFrom(phone)
    for (const options of [undefined, {}, { client: {} }, { client: { userAgent: undefined, address: undefined } }]) {
      await (await sessions.open(token, options)).update((data) => void data.n++)
    }
    expect(await listed()).toEqual([phone])
  })

  it('is null where nothing was ever told', async () => {
    const { sessions, loggedIn } = setup()
    await loggedIn('alice')
    expect(await sessions.list('alice', { details: true })).toMatchObject([{ client: null }])
  })

  it('is kept up to 255 characters, as well-formed text', async () => {
    const { listed } = await loggedInFrom({ userAgent: 'x'.repeat(256), address: `${'x'.repeat(254)}\u{1F600}` })
    expect(await listed()).toEqual([{ userAgent: 'x'.repeat(255), address: `${'x'.repeat(254)}\uFFFD` }])
  })

  it('is not told by a token that opens nothing', async () => {
    const { sessions, token, listed } = await loggedInFrom(phone)
    const id = token.slice(0, 26)
    await sessions.open(formatToken({ id, secret: mintSecret() }), { client: tablet })
    expect(await listed()).toEqual([phone])
  })

  it.each([
    ['a number', { userAgent: 1 }],
    ['null', { address: null }],
    ['a name that does not exist', { ip: '::1' }],
    ['a text', 'Phone/1'],
    ['null for all', null],
  ])('that is %s is refused, before the store is asked', async (_what, client) => {
    const { sessions, token, backend } = await loggedInFrom(phone)
    const error = await rejectionOf(sessions.open(token, { client: client as ClientHints }))
    expect(error.code).toBe('ERR_INVALID_OPTION')
    expect(backend.calls).toEqual([])
  })
})

describe("details of an owner's sessions", () => {
  it('tell when each began and when it was last seen, to within the touch interval', async () => {
    const { clock, sessions, loggedIn, open } = setup()
    const createdAt = clock.now()
    const { token, id } = await loggedIn('alice')
    clock.advance(TOUCH - 1)
    await (await open(token)).save()
    expect(await sessions.list('alice', { details: true })).toMatchObject([{ id, createdAt, lastSeenAt: createdAt }])
    clock.advance(1)
    await (await open(token)).save()
    const [details] = await sessions.list('alice', { details: true })
    expect(details).toMatchObject({ createdAt, lastSeenAt: clock.now() })
    expect([details]).toMatchObject(await sessions.list('alice'))
  })

  it('never tell of a time before the session began', async () => {
    const { clock, sessions, loggedIn } = setup({ absoluteTimeoutMs: TOUCH })
    await loggedIn('alice')
    expect(await sessions.list('alice', { details: true })).toMatchObject([{ lastSeenAt: clock.now() }])
  })

  it('leave out what expired, ended or cannot be read by now', async () => {
    const { sessions, backend, records, loggedIn, clock } = setup()
    const { id } = await loggedIn('alice')
    const stored = records.get(`default:${id}`)
    if (!stored) throw new Error('it is stored')
    const happenings = [
      () => records.set(`default:${id}`, { ...stored, payload: 'garbage' }),
      () => records.set(`default:${id}`, { ...stored, owner: 'bob' }),
      () => records.set(`default:${id}`, { ...stored, expiresAt: clock.now() }),
      () => records.delete(`default:${id}`),
    ]
    for (const happening of happenings) {
      records.set(`default:${id}`, stored)
      backend.beforeNext('load', async () => happening())
      expect(await sessions.list('alice', { details: true })).toEqual([])
    }
  })

  it('reject where a session cannot be loaded: that is no session fewer', async () => {
    const { sessions, backend, loggedIn } = setup()
    await loggedIn('alice')
    backend.failNext('load')
    expect((await rejectionOf(sessions.list('alice', { details: true }))).code).toBe('ERR_STORE_FAILED')
  })

  it.each([{ detail: true }, { details: 1 }])('%j is refused', async (options) => {
    const { sessions } = setup()
    const error = await rejectionOf(sessions.list('alice', options as unknown as { details: true }))
    expect(error.code).toBe('ERR_INVALID_OPTION')
  })
})
