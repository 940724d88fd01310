import { type Clock, manualClock } from '@leeway/core/testing'
import { describe, expect, test } from 'vitest'
import { scratchPlaces } from '../scratch.ts'
import { leewayKinds, openStore } from '../stores.ts'
import { natives } from './applications.ts'
import { idOf, secretOf } from './forged-tokens.ts'
import { cookieOf, RawClient, valuesOf } from './raw-client.ts'

const placeOf = scratchPlaces()
const DAY = 24 * 60 * 60 * 1000

const runs = Object.entries(natives).flatMap(([name, start]) => leewayKinds.map((kind) => ({ name, start, kind })))

describe.each(runs)('$name with $kind', ({ name, start, kind }) => {
  const open = (what: string, clock?: Clock) =>
    openStore(kind, placeOf(kind, `${what}-${name.replace(/\W/g, '')}-${kind}`), clock)

  test('never adopts what a client chose: a new session has an id and a secret of its own', async () => {
    const clock = manualClock()
    const store = open('chosen', clock)
    await using application = await start({ store, clock })
    using client = new RawClient(application.port)
    const begin = async (cookie?: string) =>
      tokenIn(cookieOf(await client.send({ path: '/write', cookie, body: { n: 1 } })))
    const expired = await begin()
    clock.advance(DAY)
    const [live, ended] = [await begin(), await begin()]
    await client.send({ path: '/logout', cookie: `leeway=${ended}` })

    const secret = 'x'.repeat(32)
    const chosen = [`${'a'.repeat(26)}.${secret}`, 'a'.repeat(26), `${idOf(live)}.${secret}`, expired, ended, 'admin']
    const minted = new Set<string>()
    for (const value of [...chosen, `${idOf(expired)}.${secretOf(live)}`]) {
      const token = await begin(`leeway=${value}`)
      expect([value, live].map(idOf)).not.toContain(idOf(token))
      expect([value, live].map(secretOf)).not.toContain(secretOf(token))
      minted.add(idOf(token)).add(secretOf(token))
    }
    expect(minted.size).toBe(2 * (chosen.length + 1))
    expect(await store.load('a'.repeat(26))).toBeUndefined()
    const { body } = await client.send({ path: '/read', cookie: `leeway=${live}` })
    expect(JSON.parse(body)).toEqual({ owner: null, data: { n: 1 } })
  })

  test('a cookie that was planted is dead after the login', async () => {
    await using application = await start({ store: open('planted') })
    using attacker = new RawClient(application.port)
    using victim = new RawClient(application.port)
    const planted = cookieOf(await attacker.send({ path: '/write', body: { cart: 'of the attacker' } }))
    const own = cookieOf(await victim.send({ path: '/login', cookie: planted, body: { owner: 'alice' } }))
    expect(own).not.toBe(planted)
    const read = async (client: RawClient, cookie: string) =>
      JSON.parse((await client.send({ path: '/read', cookie })).body)
    expect(await read(attacker, planted)).toEqual({ owner: null, data: {} })
    expect((await attacker.send({ path: '/write', cookie: planted, body: { cart: 'changed' } })).status).toBe(200)
    expect(await read(victim, own)).toEqual({ owner: 'alice', data: { cart: 'of the attacker' } })
    // The id stays, and is no credential.
    expect(idOf(tokenIn(own))).toBe(idOf(tokenIn(planted)))
    expect(await read(attacker, `leeway=${idOf(tokenIn(own))}.${secretOf(tokenIn(planted))}`)).toMatchObject({
      owner: null,
    })
  })

  test('what a subdomain plants beside a __Host- cookie is not looked at, in whatever order', async () => {
    await using application = await start({ store: open('tossed'), cookie: { secure: true } })
    using client = new RawClient(application.port)
    const login = async (owner: string) => tokenIn(cookieOf(await client.send({ path: '/login', body: { owner } })))
    const [mine, tossed] = [await login('alice'), await login('mallory')]
    const own = `__Host-leeway=${mine}`
    const names = [
      ...['leeway', '__host-leeway', '__Host-Leeway', '__Secure-leeway', '__Host-leeway2', '"__Host-leeway"'],
      // Browsers set these, and some servers take what surrounds the name for spaces.
      ...['\u00a0__Host-leeway', '\u00e2\u0080\u0080__Host-leeway', '\u0085__Host-leeway', '__Host-leeway\u00a0'],
      ...['$Version=1; $Path', '__Host-leeway[0]', '%5F_Host-leeway', '__Host%2Dleeway'],
    ]
    for (const name of names) {
      const planted = `${name}=${tossed}`
      for (const cookie of [`${planted}; ${own}`, `${own}; ${planted}`, `${planted}; ${planted}; ${own}; ${planted}`]) {
        const { body } = await client.send({ path: '/read', cookie })
        expect([cookie, JSON.parse(body).owner]).toEqual([cookie, 'alice'])
      }
      const { body } = await client.send({ path: '/read', cookie: planted })
      expect([planted, JSON.parse(body).owner]).toEqual([planted, null])
    }
  })

  test('of two cookies without the prefix the first counts; a login still leaves it dead', async () => {
    await using application = await start({ store: open('twice') })
    using client = new RawClient(application.port)
    const begin = async (owner: string) => cookieOf(await client.send({ path: '/write', body: { owner } }))
    const [planted, own] = [await begin('mallory'), await begin('alice')]
    const login = await client.send({ path: '/login', cookie: `${planted}; ${own}`, body: { owner: 'alice' } })
    expect(idOf(tokenIn(cookieOf(login)))).toBe(idOf(tokenIn(planted)))
    const { body, headers } = await client.send({ path: '/read', cookie: planted })
    expect([JSON.parse(body), valuesOf({ headers }, 'Set-Cookie')]).toEqual([{ owner: null, data: {} }, []])
  })
})

function tokenIn(cookie: string): string {
  return cookie.slice(cookie.indexOf('=') + 1)
}
