import { until } from '@leeway/testing'
import { describe, expect, test } from 'vitest'
import { scratchPlaces } from '../scratch.ts'
import { leewayKinds, openStore } from '../stores.ts'
import { dropIns } from './applications.ts'
import { RawClient, type RawRequest, type RawResponse, sendAll, valuesOf } from './raw-client.ts'
import { sidIn, signed } from './signed-cookies.ts'
import { watched } from './watched-store.ts'

const placeOf = scratchPlaces()
const UNKNOWN = 'an-id-that-the-client-has-chosen'

const runs = Object.entries(dropIns).flatMap(([name, start]) => leewayKinds.map((kind) => ({ name, start, kind })))

describe.each(runs)('$name with $kind', ({ name, start, kind }) => {
  const open = (what: string) => watched(openStore(kind, placeOf(kind, `${what}-${name.replace(/\W/g, '')}-${kind}`)))
  const sign = (sid: string) => signed[name]?.(sid) ?? ''

  test('an id that nobody began is never adopted, however well it is signed', async () => {
    const { store, written } = open('unknown')
    await using application = await start({ store })
    using client = new RawClient(application.port)
    const own = cookiesOf(await client.send({ path: '/write', body: { n: 1 } }))
    expect(decodeURIComponent(sign(sidIn(own)))).toBe(decodeURIComponent(own))
    const ended = cookiesOf(await client.send({ path: '/write', body: { n: 2 } }))
    await client.send({ path: '/logout', cookie: ended })

    const ids = new Set(written.map(({ id }) => id))
    const sids = new Set([own, ended].map(sidIn))
    for (const chosen of [UNKNOWN, sidIn(ended), 'x', '__proto__', 'a'.repeat(26)]) {
      const cookie = sign(chosen)
      expect(await read(client, cookie)).toEqual({ owner: null, data: {} })
      const response = await client.send({ path: '/write', cookie, body: { chosen } })
      expect(response.status).toBe(200)
      const minted = sidIn(cookiesOf(response))
      expect([chosen, ...sids]).not.toContain(minted)
      sids.add(minted)
      expect(await read(client, cookie)).toEqual({ owner: null, data: {} })
    }
    expect(new Set(written.map(({ id }) => id)).size).toBe(ids.size + 5)
    expect(await read(client, own)).toEqual({ owner: null, data: { n: 1 } })
  })

  test('a cookie that was planted is dead after the login, and writes nothing into the session', async () => {
    const { store } = open('planted')
    await using application = await start({ store })
    using attacker = new RawClient(application.port)
    using victim = new RawClient(application.port)
    const planted = cookiesOf(await attacker.send({ path: '/write', body: { cart: 'of the attacker' } }))
    const own = cookiesOf(await victim.send({ path: '/login', cookie: planted, body: { owner: 'alice' } }))
    expect(sidIn(own)).not.toBe(sidIn(planted))
    expect(await read(attacker, planted)).toEqual({ owner: null, data: {} })
    await attacker.send({ path: '/write', cookie: planted, body: { cart: 'changed' } })
    expect(await read(victim, own)).toMatchObject({ owner: 'alice' })
    expect(JSON.stringify(await read(victim, own))).not.toContain('changed')
  })

  test('a __proto__ in its data is refused with a code, and what was stored stays', async () => {
    const { store } = open('prototype')
    await using application = await start({ store })
    using client = new RawClient(application.port)
    const own = cookiesOf(await client.send({ path: '/write', body: { n: 1 } }))
    await client.send({ path: '/write', cookie: own, body: '{"a":{"__proto__":{"isAdmin":true}},"n":2}' })
    await until('the failure is told', () => application.errors.length === 1)
    expect(application.errors).toEqual([expect.objectContaining({ code: 'ERR_NOT_SERIALIZABLE' })])
    expect([await read(client, own), Reflect.get({}, 'isAdmin')]).toEqual([{ owner: null, data: { n: 1 } }, undefined])
  })

  test('tampered cookies open nothing and write nothing', async () => {
    const backend = open('tampered')
    await using application = await start({ store: backend.store })
    using client = new RawClient(application.port)
    const own = cookiesOf(await client.send({ path: '/write', body: { n: 1 } }))
    backend.forget()
    const requests = tampered(own).map((cookie): RawRequest & { cookie: string } => ({ path: '/read', cookie }))
    const responses = await sendAll(application.port, requests)
    const odd = responses.flatMap((response, at) => (isNothing(response) ? [] : [[requests[at]?.cookie, response]]))
    expect(odd).toEqual([])
    expect([responses.length > 100, backend.written]).toEqual([true, []])
    expect(backend.calls.filter((call) => call !== 'load')).toEqual([])
    expect(await read(client, own)).toEqual({ owner: null, data: { n: 1 } })
  })
})

function isNothing({ status, body }: RawResponse): boolean {
  return status === 400 || (status === 200 && body === '{"owner":null,"data":{}}')
}

/** Every character of the cookie's values changed, and left out. */
function tampered(cookie: string): string[] {
  const values = [...cookie.matchAll(/=([^;]+)/g)].flatMap(({ index, 1: value = '' }) =>
    Array.from(value, (_, at) => index + 1 + at),
  )
  const changed = values.flatMap((at) => [
    cookie.slice(0, at) + (cookie[at] === 'A' ? 'B' : 'A') + cookie.slice(at + 1),
    cookie.slice(0, at) + cookie.slice(at + 1),
  ])
  return [...new Set(changed)].filter((one) => one !== cookie)
}

async function read(client: RawClient, cookie: string): Promise<unknown> {
  return JSON.parse((await client.send({ path: '/read', cookie })).body)
}

/** What the browser sends back: koa-session sets a signature as a second cookie. */
function cookiesOf(response: RawResponse): string {
  const cookies = valuesOf(response, 'Set-Cookie').map((cookie) => cookie.split(';')[0])
  expect(cookies).not.toEqual([])
  return cookies.join('; ')
}
