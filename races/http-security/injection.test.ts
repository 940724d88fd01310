import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openStore } from '../stores.ts'
import { type Cookie, natives } from './applications.ts'
import { cookieOf, RawClient, valuesOf } from './raw-client.ts'

const INJECTED = '\r\nX-Injected: yes\r\nSet-Cookie: leeway=planted\r\n\r\n'

const breaks = ['\r\n', '\n', '\r', '\0', ';', '; Domain=evil.example', INJECTED, '\u560d\u560a', '\u2028']
const options: Cookie[] = breaks.flatMap((text) => [
  { name: `sid${text}` },
  { name: 'sid', path: `/app${text}` },
  { name: 'sid', domain: `shop.example${text}` },
])

describe.each(Object.entries(natives))('%s', (_name, start) => {
  test.each(options)('refuses cookies with %j', async (cookie) => {
    const store = openStore('memory', '')
    await expect(start({ store, cookie })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
    await store.close()
  })

  test('owners and data of any characters stay where they are, and out of every header', async () => {
    await using application = await start({ store: openStore('memory', '') })
    using client = new RawClient(application.port)
    const plain = await client.send({ path: '/login', body: { owner: 'alice' } })
    const names = plain.headers.map(([name]) => name)
    // An owner has at most 255 characters, of which an emoji takes two.
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
    const injecting = fc.tuple(text, fc.constantFrom(...breaks), text).map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(injecting, injecting, async (owner, value) => {
        const written = await client.send({ path: '/write', body: { [value]: value } })
        const login = await client.send({ path: '/login', cookie: cookieOf(written), body: { owner } })
        const read = await client.send({ path: '/read', cookie: cookieOf(login) })
        expect(JSON.parse(read.body)).toEqual({ owner, data: { [value]: value } })
        expect(login.headers.map(([name]) => name)).toEqual(names)
        for (const { head } of [written, login, read]) {
          // Nothing but printable ASCII, in lines that end as lines do.
          expect(head.split('\r\n').join('')).toMatch(/^[\x20-\x7e]*$/)
          expect(head.toLowerCase()).not.toContain('injected')
        }
      }),
      { numRuns: 50 },
    )
  })

  test('what a cookie brings comes back in no header', async () => {
    await using application = await start({ store: openStore('memory', '') })
    using client = new RawClient(application.port)
    for (const value of [
      '%0d%0aX-Injected:%20yes',
      '\u0085X-Injected: yes',
      '"\\r\\nX-Injected: yes"',
      '%E5%98%8D%E5%98%8A',
    ]) {
      const { head, ...response } = await client.send({ path: '/write', cookie: `leeway=${value}`, body: { n: 1 } })
      expect([response.status, valuesOf(response, 'Set-Cookie').length]).toEqual([200, 1])
      expect(head.toLowerCase()).not.toContain('injected')
    }
  })
})
