import type { Cookie } from 'express-session'
import { describe, expect, it } from 'vitest'
import { called, cookiesOf, route, serve, shown } from './testing-applications.ts'
import { backends, kinds } from './testing-backends.ts'

const open = backends()
const MINUTE = 60_000

/** Milliseconds, give or take what a test on a busy machine takes. */
const about = (ms: number) => expect.closeTo(ms / MINUTE, 0)
const keptFor = (ms: number) => ({ attributes: 'Path=/; HttpOnly', keptS: expect.closeTo(ms / 1000, -1) })

describe.each(kinds)('with %s', (kind) => {
  /** A server whose `/cookie` does something to the cookie of the session. */
  const changing = async (change: (cookie: Cookie) => unknown, options: Parameters<typeof serve>[1] = {}) => {
    const backend = await open(kind)
    return serve(backend, options, (app) =>
      app.get(
        '/cookie',
        route((request) => {
          change(request.session.cookie)
          request.session.a = 'changed'
        }),
      ),
    )
  }

  it('a cookie with maxAge is kept that long, and the next request sees what is left of it', async () => {
    await using server = await changing(() => {}, { cookie: { maxAge: 10 * MINUTE } })
    const browser = server.browser()
    expect(cookiesOf(await browser.get('/set'))).toEqual([keptFor(10 * MINUTE)])
    const { cookie } = (await shown(browser)).session
    expect(cookie.originalMaxAge).toBeGreaterThan(10 * MINUTE - 1_000)
    expect((Date.parse(String(cookie.expires)) - Date.now()) / MINUTE).toEqual(about(10 * MINUTE))
  })

  it.each([true, false])('rolling: %s decides whether each answer brings the cookie', async (rolling) => {
    await using server = await changing(() => {}, { rolling, cookie: { maxAge: 10 * MINUTE } })
    const browser = server.browser()
    await browser.get('/set')
    expect(cookiesOf(await browser.get('/show'))).toEqual(rolling ? [keptFor(10 * MINUTE)] : [])
    expect(cookiesOf(await browser.get('/set?note=changed'))).toEqual([keptFor(10 * MINUTE)])
  })

  it.each<[string, (cookie: Cookie) => unknown, number]>([
    ['longer', (cookie) => Object.assign(cookie, { maxAge: 60 * MINUTE }), 60 * MINUTE],
    ['shorter', (cookie) => Object.assign(cookie, { maxAge: 2 * MINUTE }), 2 * MINUTE],
    ['to an instant', (cookie) => Object.assign(cookie, { expires: new Date(Date.now() + 5 * MINUTE) }), 5 * MINUTE],
  ])('a lifetime that is changed, %s, is that of the session from then on', async (_how, change, ms) => {
    await using server = await changing(change, { cookie: { maxAge: 10 * MINUTE } })
    const browser = server.browser()
    await browser.get('/set')
    expect(cookiesOf(await browser.get('/cookie'))).toEqual([keptFor(ms)])
    for (let request = 0; request < 2; request++) {
      const { cookie } = (await shown(browser)).session
      expect([
        Number(cookie.originalMaxAge) / MINUTE,
        (Date.parse(String(cookie.expires)) - Date.now()) / MINUTE,
      ]).toEqual([about(ms), about(ms)])
    }
  })

  it.each<[string, (cookie: Cookie) => unknown]>([
    ['maxAge = null', (cookie) => Object.assign(cookie, { maxAge: null })],
    ['expires = null', (cookie) => Object.assign(cookie, { expires: null })],
  ])('%s makes it a cookie of the browser session', async (_how, change) => {
    await using server = await changing(change, { cookie: { maxAge: 10 * MINUTE }, rolling: true })
    const browser = server.browser()
    await browser.get('/set')
    expect(cookiesOf(await browser.get('/cookie'))).toEqual([{ attributes: 'Path=/; HttpOnly', keptS: undefined }])
    expect((await shown(browser)).session).toMatchObject({
      cookie: { expires: null, originalMaxAge: null },
      a: 'changed',
    })
  })

  it('a cookie of the browser session can be given a lifetime', async () => {
    await using server = await changing((cookie) => Object.assign(cookie, { maxAge: 5 * MINUTE }))
    const browser = server.browser()
    await browser.get('/set')
    expect(cookiesOf(await browser.get('/cookie'))).toEqual([keptFor(5 * MINUTE)])
    expect((await shown(browser)).session.cookie.originalMaxAge).toBeGreaterThan(5 * MINUTE - 1_000)
  })

  it('a lifetime that is over ends the session', async () => {
    await using server = await changing((cookie) => Object.assign(cookie, { expires: new Date(0) }), {
      cookie: { maxAge: 10 * MINUTE },
    })
    const browser = server.browser()
    await browser.get('/set')
    const { cookie } = browser
    await browser.get('/cookie')
    expect(browser.cookie).toBe('')
    browser.cookie = cookie
    expect((await shown(browser)).session.note).toBeUndefined()
  })

  it('attributes that a request changes are there for the next one', async () => {
    await using server = await changing(
      (cookie) => Object.assign(cookie, { sameSite: 'strict', path: '/', httpOnly: false }),
      {
        rolling: true,
      },
    )
    const browser = server.browser()
    await browser.get('/set')
    expect(cookiesOf(await browser.get('/cookie'))).toEqual([
      { attributes: 'Path=/; SameSite=Strict', keptS: undefined },
    ])
    expect(cookiesOf(await browser.get('/show'))).toEqual([{ attributes: 'Path=/; SameSite=Strict', keptS: undefined }])
  })

  it('the cookie alone, saved by hand, is stored', async () => {
    await using server = await serve(await open(kind), { cookie: { maxAge: 10 * MINUTE } }, (app) =>
      app.get(
        '/remember',
        route(async (request) => {
          request.session.cookie.maxAge = 60 * MINUTE
          await called((done) => request.session.save(done))
        }),
      ),
    )
    const browser = server.browser()
    await browser.get('/set')
    await browser.get('/remember')
    expect(Number((await shown(browser)).session.cookie.originalMaxAge) / MINUTE).toEqual(about(60 * MINUTE))
  })

  it('secure: auto and sameSite: auto follow the connection that the proxy tells of', async () => {
    const cookie = { secure: 'auto', sameSite: 'auto' } as object
    await using server = await serve(await open(kind), { proxy: true, cookie })
    const attributes = async (protocol: string) => {
      const response = await server.browser().get('/set', { 'x-forwarded-proto': protocol })
      return cookiesOf(response).map(({ attributes }) => attributes)
    }
    expect(await attributes('https')).toEqual(['Path=/; HttpOnly; Secure; SameSite=None'])
    expect(await attributes('http')).toEqual(['Path=/; HttpOnly; SameSite=Lax'])
  })

  it('a secure cookie is not sent over plain HTTP', async () => {
    await using server = await serve(await open(kind), { cookie: { secure: true } })
    expect((await server.browser().get('/set')).headers.getSetCookie()).toEqual([])
  })
})
