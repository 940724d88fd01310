import { Signer } from '@fastify/cookie'
import { startRedis } from '@leeway/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { read, SECRET, sentCookies, serve, write } from './testing-application.ts'
import { SUBJECTS } from './testing-subjects.ts'

const redis = await startRedis()
afterAll(() => redis.stop())

const PLAIN = ['Path=/', 'HttpOnly']

describe.each(SUBJECTS)('the cookie of a session on $name', (subject) => {
  it('has the attributes that the application is configured with', async () => {
    const cookie = { maxAge: 600_000, path: '/', sameSite: 'strict', domain: '127.0.0.1', partitioned: true } as const
    await using server = await serve(subject, redis.url, () => {}, { cookie, cookieName: 'sid' })
    const response = await server.browser().fetch('/read')
    expect(response.headers.getSetCookie()[0]).toMatch(/^sid=/)
    const attributes = ['Domain=127.0.0.1', 'Path=/', 'HttpOnly', 'Partitioned', 'SameSite=Strict']
    expect(sentCookies(response)).toEqual([{ value: 'cookie 0', expiresInSeconds: 600, attributes }])
  })

  it.each([
    ['an age', { maxAge: 3_600_000 }, 3_600],
    ['a shorter age', { maxAge: 60_000 }, 60],
    ['an expiry', { expires: 1_200_000 }, 1_200],
  ])('given %s by the handler has it, and so does that of the next request', async (_, change, seconds) => {
    await using server = await serve(
      subject,
      redis.url,
      (app) => {
        app.get('/change', async ({ session }) => {
          if ('maxAge' in change) session.cookie.maxAge = change.maxAge
          else session.cookie.expires = new Date(Date.now() + change.expires)
          return read(session)
        })
      },
      { cookie: { maxAge: 'maxAge' in change ? 600_000 : undefined } as { maxAge: number } },
    )
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    const sent = { value: 'cookie 0', expiresInSeconds: seconds, attributes: PLAIN }
    expect(sentCookies(await browser.fetch('/change'))).toEqual([sent])
    expect(sentCookies(await browser.fetch('/read'))).toEqual([sent])
    expect(await browser.json('/read')).toEqual({ a: '1' })
  })

  it('given options by the handler has them', async () => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get('/options', async ({ session }) => {
        session.options({ maxAge: 60_000, sameSite: 'none' })
        return read(session)
      })
    })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    const sent = { value: 'cookie 0', expiresInSeconds: 60, attributes: [...PLAIN, 'SameSite=None'] }
    expect(sentCookies(await browser.fetch('/options'))).toEqual([sent])
    expect(sentCookies(await browser.fetch('/read'))).toEqual([sent])
    expect(await browser.json('/read')).toEqual({ a: '1' })
  })

  it.each(['maxAge', 'expires'])('whose %s has passed opens nothing', async (how) => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get('/end', async ({ session }) => {
        if (how === 'expires') session.cookie.expires = new Date(Date.now() - 1_000)
        else session.cookie.maxAge = -1_000
        return 'ended'
      })
    })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    const { cookie } = browser
    const [sent] = sentCookies(await browser.fetch('/end'))
    expect(sent).toMatchObject({ expiresInSeconds: 'the past' })
    const late = await fetch(`${server.url}/read`, { headers: { cookie } })
    expect(await late.json()).toEqual({})
  })

  it.each([
    ['http', PLAIN.concat('SameSite=Lax')],
    ['https', ['Path=/', 'HttpOnly', 'Secure']],
  ])("with secure 'auto' over %s", async (protocol, attributes) => {
    await using server = await serve(subject, redis.url, () => {}, { cookie: { secure: 'auto' } })
    const headers = { 'x-forwarded-proto': protocol }
    const browser = server.browser()
    expect(sentCookies(await browser.fetch('/write/a/1', { headers }))).toEqual([{ value: 'cookie 0', attributes }])
    expect(await (await browser.fetch('/read', { headers })).json()).toEqual({ a: '1' })
  })

  it('that is secure is not sent over plain HTTP, and its session not saved', async () => {
    await using server = await serve(subject, redis.url, () => {}, { cookie: { secure: true } })
    expect(sentCookies(await server.browser().fetch('/write/a/1'))).toEqual([])
  })

  it.each(['unsigned', 'changed', 'of another secret', 'of an unknown id'])(
    'that is %s opens a new session',
    async (how) => {
      await using server = await serve(subject, redis.url, () => {})
      const browser = server.browser()
      await browser.fetch('/write/a/1')
      const value = decodeURIComponent(browser.cookie.split('=')[1] ?? '')
      const [id = ''] = value.split('.')
      const forged: Record<string, string> = {
        unsigned: id,
        changed: `${id.startsWith('A') ? 'B' : 'A'}${value.slice(1)}`,
        'of another secret': new Signer('another secret of 32 characters..').sign(id),
        'of an unknown id': new Signer(SECRET).sign('an id that the visitor has chosen'),
      }
      const cookie = `sessionId=${encodeURIComponent(forged[how] ?? '')}`
      const response = await fetch(`${server.url}/read`, { headers: { cookie } })
      expect(await response.json()).toEqual({})
      const sent = response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
      expect([sent.startsWith('sessionId='), sent.includes(id), sent === cookie]).toEqual([true, false, false])
      expect(await browser.json('/read')).toEqual({ a: '1' })
    },
  )

  it('signed with an earlier secret opens its session', async () => {
    const secret = ['the first secret of 32 characters']
    await using server = await serve(subject, redis.url, () => {}, { secret })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    secret.unshift('the second secret of 32 characters')
    expect(await browser.json('/read')).toEqual({ a: '1' })
  })

  it('has the id that an idGenerator makes, and the cookiePrefix', async () => {
    let made = 0
    const idGenerator = () => `made-${made++}`
    await using server = await serve(subject, redis.url, () => {}, { idGenerator, cookiePrefix: 's:' })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    expect(decodeURIComponent(browser.cookie)).toMatch(/^sessionId=s:made-0\./)
    expect(await browser.json('/read')).toEqual({ a: '1' })
    const cookie = browser.cookie.replace(/=s(:|%3A)/, '=')
    expect(await (await fetch(`${server.url}/read`, { headers: { cookie } })).json()).toEqual({})
  })

  it('is ignored outside the path that it is set for', async () => {
    await using server = await serve(
      subject,
      redis.url,
      (app) => {
        app.get('/inside/write', async ({ session }) => {
          write(session).a = '1'
          return read(session)
        })
        app.get('/inside/read', async ({ session }) => read(session))
      },
      { cookie: { path: '/inside' } },
    )
    const browser = server.browser()
    expect(sentCookies(await browser.fetch('/inside/write'))).toMatchObject([
      { attributes: ['Path=/inside', 'HttpOnly'] },
    ])
    const outside = await browser.fetch('/read')
    expect([await outside.json(), sentCookies(outside)]).toEqual([{}, []])
    expect(await browser.json('/inside/read')).toEqual({ a: '1' })
  })
})
