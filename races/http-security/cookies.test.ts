import { describe, expect, test } from 'vitest'
import { leewayKinds, openStore } from '../stores.ts'
import { type Cookie, natives } from './applications.ts'
import { cookieOf, RawClient, type RawResponse, valuesOf } from './raw-client.ts'

const [kind = 'memory'] = leewayKinds
const TOKEN = String.raw`[a-z2-7]{26}\.[\w-]{32}`

const wholes: [options: Cookie, before: string, after: string][] = [
  [{}, 'leeway=', '; Path=/; HttpOnly; SameSite=Lax'],
  [{ secure: true }, '__Host-leeway=', '; Path=/; HttpOnly; Secure; SameSite=Lax'],
  [{ secure: true, sameSite: 'strict' }, '__Host-leeway=', '; Path=/; HttpOnly; Secure; SameSite=Strict'],
  [
    { secure: true, sameSite: 'none', partitioned: true },
    '__Host-leeway=',
    '; Path=/; HttpOnly; Secure; Partitioned; SameSite=None',
  ],
  [
    { secure: true, name: '__Secure-sid', domain: 'shop.example', path: '/app' },
    '__Secure-sid=',
    '; Domain=shop.example; Path=/app; HttpOnly; Secure; SameSite=Lax',
  ],
  [{ name: 'sid', cookie: 'fixed' }, 'sid=', '; Max-Age=43200; Path=/; HttpOnly; SameSite=Lax'],
]

describe.each(Object.entries(natives))('%s', (_name, start) => {
  test.each(wholes)('with %o sets the cookie exactly so, and out of every cache', async (cookie, before, after) => {
    await using application = await start({ store: openStore(kind, ''), cookie })
    using client = new RawClient(application.port)
    const written = await client.send({ path: '/write', body: { n: 1 } })
    expect(valuesOf(written, 'Set-Cookie')).toEqual([expect.stringMatching(new RegExp(`^${before}${TOKEN}${after}$`))])
    expectUncached(written)

    const again = await client.send({ path: '/read', cookie: cookieOf(written) })
    expect([again.body, ...valuesOf(again, 'Set-Cookie')]).toEqual(['{"owner":null,"data":{"n":1}}'])

    const ended = await client.send({ path: '/logout', cookie: cookieOf(written) })
    const gone = `${before}; Max-Age=0${after.replace(/; Max-Age=\d+/, '')}`
    expect(valuesOf(ended, 'Set-Cookie')).toEqual([gone])
    expectUncached(ended)
  })

  test('sets none, and asks no cache for anything, where nothing was changed', async () => {
    await using application = await start({ store: openStore(kind, '') })
    using client = new RawClient(application.port)
    const own = cookieOf(await client.send({ path: '/write', body: { n: 1 } }))
    const cookies = [undefined, '', 'theme=dark', 'leeway=', 'leeway=forged', own]
    for (const cookie of cookies) {
      const response = await client.send({ path: '/read', cookie })
      const names = ['Set-Cookie', 'Cache-Control', 'Vary'].flatMap((name) => valuesOf(response, name))
      expect([cookie, response.status, names]).toEqual([cookie, 200, []])
    }
    expect(valuesOf(await client.send({ path: '/write', cookie: own, body: { n: 2 } }), 'Set-Cookie')).toEqual([])
  })

  test.each<Cookie>([
    { secure: true, domain: 'shop.example' },
    { secure: true, path: '/app' },
    { name: '__Host-sid' },
    { sameSite: 'none' },
  ])('refuses %o, which browsers would drop', async (cookie) => {
    const store = openStore(kind, '')
    await expect(start({ store, cookie })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
    await store.close()
  })
})

/** CVE-2026-24472: a cache that keeps a response with a cookie hands the session to the next visitor. */
function expectUncached(response: RawResponse): void {
  expect(valuesOf(response, 'Cache-Control')).toEqual(['no-store'])
  expect(valuesOf(response, 'Vary').join(', ').split(', ')).toContain('Cookie')
}
