import { request as httpRequest } from 'node:http'
import { describe, expect, it } from 'vitest'
import { failureAnswer } from '../http/failures.ts'
import { setup } from '../testing-sessions.ts'
import { fetchSessions } from './fetch-sessions.ts'
import { application, type Route } from './testing-application.ts'
import { serve } from './testing-loopback.ts'

describe('a handler', () => {
  it('that throws has nothing saved and no cookie sent, and its error reaches the server', async () => {
    const { server, records } = await application({
      '/broken': (session) => {
        session.data.n = 1
        throw new Error('broken')
      },
    })
    await using _ = server
    const response = await server.browser().fetch('/broken')
    expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
    expect(records.size).toBe(0)
  })

  it('whose client has gone is saved all the same, and holds up nobody', async () => {
    const reached = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    const { server, backend, stored, open } = await application({
      '/slow': async (session) => {
        reached.resolve()
        await go.promise
        session.data.a = 'by a client that left'
        return new Response('nobody hears this')
      },
    })
    await using _ = server
    const { token } = await stored()
    const client = httpRequest(`${server.url}/slow`, { headers: { cookie: `leeway=${token}` } })
    client.on('error', () => {})
    client.end()
    await reached.promise
    client.destroy()
    const saved = Promise.withResolvers<void>()
    backend.afterNext('update', async () => saved.resolve())
    go.resolve()
    await saved.promise
    expect((await open(token)).data.a).toBe('by a client that left')
    expect((await server.browser().fetch('/read')).status).toBe(200)
  })

  it('that another request overtakes on one key is answered with 409; on different keys both are kept', async () => {
    const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let count = 0
    const meet: Route = async (session, request) => {
      arrived[count++ % 2]?.resolve()
      await Promise.all(arrived.map(({ promise }) => promise))
      const [key = '', value] = new URL(request.url).search.slice(1).split('=')
      Object.assign(session.data, { [key]: value })
      return new Response('done')
    }
    const { server, stored, open } = await application({ '/meet': meet })
    await using _ = server
    const { token } = await stored()
    const browser = server.browser()
    browser.cookie = `leeway=${token}`
    const same = await Promise.all([browser.fetch('/meet?a=1'), browser.fetch('/meet?a=2')])
    expect(same.map(({ status }) => status).sort()).toEqual([200, 409])
    expect(same.map((response) => response.headers.getSetCookie())).toEqual([[], []])
    const different = await Promise.all([browser.fetch('/meet?b=1'), browser.fetch('/meet?c=2')])
    expect(different.map(({ status }) => status)).toEqual([200, 200])
    expect((await open(token)).data).toMatchObject({ b: '1', c: '2' })
  })

  it('that is slow, and began before a login, neither brings back the old cookie nor writes', async () => {
    const reached = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    const { server, open, sessions } = await application({
      '/slow': async (session) => {
        reached.resolve()
        await go.promise
        session.data.a = 'from before'
        return new Response('slow')
      },
    })
    await using _ = server
    const browser = server.browser()
    await browser.fetch('/write')
    // A rotation whose answer never arrived: every request with the old cookie derives the same new one.
    await (await open(browser.cookie.split('=')[1])).rotate()
    const slow = browser.fetch('/slow')
    await reached.promise
    const late = server.browser()
    late.cookie = browser.cookie
    await browser.fetch('/login')
    const after = browser.cookie
    go.resolve()
    await slow
    // Sent before the login, and opened after it.
    browser.take(await late.fetch('/write'))
    expect(browser.cookie).toBe(after)
    expect(await (await browser.fetch('/read')).json()).toMatchObject({
      owner: 'alice',
      a: 'http://shop.example/write',
    })
    expect(await sessions.list('alice')).toHaveLength(1)
  })
})

describe('opening and committing by hand', () => {
  it('does what the wrapper does, around a hook of the server', async () => {
    const { sessions, open, backend } = setup()
    const web = fetchSessions(sessions, { secure: false })
    await using server = await serve(async (request) => {
      try {
        const { session, commit } = await web.open(request)
        session.data.n++
        return await commit(Response.json({ n: session.data.n }, { headers: { 'Set-Cookie': 'theme=dark' } }))
      } catch (error) {
        return new Response(null, { status: failureAnswer(error)?.status ?? 500 })
      }
    })
    const first = await fetch(server.url)
    const [theme, cookie = ''] = first.headers.getSetCookie()
    expect([theme, await first.json()]).toEqual(['theme=dark', { n: 1 }])
    const headers = { cookie: cookie.split(';')[0] ?? '' }
    const second = await fetch(server.url, { headers })
    expect([second.headers.getSetCookie(), await second.json()]).toEqual([['theme=dark'], { n: 2 }])
    expect((await open(headers.cookie.split('=')[1])).data.n).toBe(2)
    backend.failNext('load')
    expect((await fetch(server.url, { headers })).status).toBe(503)
  })
})

it('an answer to an upgrade, which cannot be copied, brings the cookie itself', async () => {
  const { sessions } = setup()
  const upgrade = Object.defineProperty(new Response(null), 'status', { value: 101 })
  const { withSession } = fetchSessions(sessions)
  const handle = withSession((_request, session) => {
    session.data.n = 1
    return upgrade
  })
  const response = await handle(new Request('https://shop.example/'))
  expect(response).toBe(upgrade)
  expect(response.headers.getSetCookie()).toHaveLength(1)
})

it('what else the server passes reaches the handler', async () => {
  const { sessions } = setup()
  const { withSession } = fetchSessions(sessions)
  const handle = withSession(
    (_request: Request, _session, parameters: { readonly id: string }) => new Response(parameters.id),
  )
  expect(await (await handle(new Request('https://shop.example/'), { id: 'book' })).text()).toBe('book')
})
