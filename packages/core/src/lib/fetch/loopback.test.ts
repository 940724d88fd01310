import { request as httpRequest } from 'node:http'
import { describe, expect, it } from 'vitest'
import { failureAnswer } from '../http/failures.ts'
import type { Session } from '../sessions/session.ts'
import { type Data, setup, TOUCH } from '../testing-sessions.ts'
import type { Operation } from '../testing-stores.ts'
import { fetchSessions } from './fetch-sessions.ts'
import { serve } from './testing-loopback.ts'

type Route = (session: Session<Data>, request: Request) => Response | Promise<Response>

const text = ({ data, owner }: Session<Data>) => JSON.stringify({ n: data.n, a: data.a, owner })

const standard: Record<string, Route> = {
  '/read': (session) => new Response(text(session)),
  '/write': (session, request) => {
    session.data.a = request.url
    return new Response('written')
  },
  '/login': async (session) => {
    await session.login('alice')
    return Response.redirect('http://shop.example/read', 303)
  },
  '/logout': async (session) => {
    await session.destroy()
    return Response.redirect('http://shop.example/read', 303)
  },
}

/** An application of these routes over HTTP. */
async function application(routes: Record<string, Route> = {}) {
  const context = setup()
  const { withSession } = fetchSessions(context.sessions, { secure: false, clock: context.clock })
  const handle = withSession((request: Request, session) => {
    const { pathname } = new URL(request.url)
    return { ...standard, ...routes }[pathname]?.(session, request) ?? new Response('nothing here', { status: 404 })
  })
  return { ...context, server: await serve(handle) }
}

describe('a response', () => {
  it('that redirects goes out once the session is stored (express-session #360)', async () => {
    const { server, backend } = await application()
    await using _ = server
    const browser = server.browser()
    const held = backend.holdNext('create')
    let isAnswered = false
    const answer = browser.fetch('/login').finally(() => {
      isAnswered = true
    })
    await held.reached
    // A whole round trip, in which an answer that did not wait would have arrived.
    await server.browser().fetch('/read')
    expect(isAnswered).toBe(false)
    held.release()
    const response = await answer
    expect(response.status).toBe(303)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('vary')).toBe('Cookie')
    expect(await (await browser.fetch('/read')).json()).toEqual({ n: 0, owner: 'alice' })
  })

  it('that streams begins once the session is stored, and goes on streaming', async () => {
    const { server, backend, records } = await application({
      '/stream': (session) => {
        session.data.n = 7
        const parts = async function* () {
          yield Buffer.from(`stored ${records.size};`)
          await more.promise
          yield Buffer.from('the end')
        }
        return new Response(ReadableStream.from(parts()))
      },
    })
    await using _ = server
    const more = Promise.withResolvers<void>()
    const browser = server.browser()
    const held = backend.holdNext('create')
    const answer = browser.fetch('/stream')
    await held.reached
    await server.browser().fetch('/read')
    held.release()
    const reader = (await answer).body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toBe('stored 1;')
    expect(await (await browser.fetch('/read')).json()).toMatchObject({ n: 7 })
    more.resolve()
    expect((await reader?.read())?.value).toBe('the end')
  })

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('to %s with %d, which has no body, brings the cookie', async (method, status) => {
    const { server } = await application({
      '/bare': (session) => {
        session.data.n = 1
        return new Response(null, { status, headers: { ETag: '"1"' } })
      },
    })
    await using _ = server
    const browser = server.browser()
    const response = await browser.fetch('/bare', { method })
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([status, '"1"', ''])
    expect(await (await browser.fetch('/read')).json()).toMatchObject({ n: 1 })
  })

  it('to a visitor who has changed nothing has no cookie, and may be cached as the handler says', async () => {
    const { server, records } = await application({
      '/page': () => new Response('page', { headers: { 'Cache-Control': 'public, max-age=60' } }),
    })
    await using _ = server
    const response = await server.browser().fetch('/page')
    expect(Object.keys(Object.fromEntries(response.headers))).not.toContain('set-cookie')
    expect(response.headers.get('cache-control')).toBe('public, max-age=60')
    expect(records.size).toBe(0)
  })

  it('brings the cookie once, and not with every answer', async () => {
    const { server } = await application()
    await using _ = server
    const browser = server.browser()
    const sent: number[] = []
    for (const path of ['/write?1', '/write?2', '/read', '/login', '/read', '/write?3', '/logout', '/read']) {
      sent.push((await browser.fetch(path)).headers.getSetCookie().length)
    }
    expect(sent).toEqual([1, 0, 0, 1, 0, 0, 1, 0])
    expect(browser.cookie).toBe('')
  })

  it('without a body that all visitors share takes on nobody’s cookie', async () => {
    const done = new Response(null, { status: 204 })
    const { server } = await application({
      '/done': (session) => {
        session.data.n++
        return done
      },
    })
    await using _ = server
    const [one, other] = [server.browser(), server.browser()]
    for (const browser of [one, other, one]) await browser.fetch('/done')
    expect(one.cookie).not.toBe(other.cookie)
    expect(await (await one.fetch('/read')).json()).toMatchObject({ n: 2 })
    expect(done.headers.getSetCookie()).toEqual([])
  })
})

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

describe('an outage', () => {
  const calls: readonly { operation: Operation; path: string; isStored: boolean; after: number }[] = [
    { operation: 'load', path: '/read', isStored: true, after: 0 },
    { operation: 'create', path: '/write', isStored: false, after: 0 },
    { operation: 'update', path: '/write', isStored: true, after: 0 },
    { operation: 'touch', path: '/read', isStored: true, after: TOUCH },
    { operation: 'create', path: '/login', isStored: false, after: 0 },
    { operation: 'update', path: '/login', isStored: true, after: 0 },
    { operation: 'destroy', path: '/logout', isStored: true, after: 0 },
  ]

  it.each(calls)('of $operation in $path is 503, and the visitor is still who they were', async (call) => {
    const { server, backend, stored, clock, open } = await application()
    await using _ = server
    const { token } = await stored()
    clock.advance(call.after)
    const browser = server.browser()
    if (call.isStored) browser.cookie = `leeway=${token}`
    backend.failNext(call.operation)
    const response = await browser.fetch(call.path)
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('location')).toBeNull()
    expect(await response.text()).toBe('sessions are unavailable, please try again\n')
    expect(browser.cookie).toBe(call.isStored ? `leeway=${token}` : '')
    expect((await open(token)).data.a).toBe('stored')
    expect((await browser.fetch(call.path)).status).toBeLessThan(400)
  })

  it('is gone through where that was asked for, by a handler that can tell', async () => {
    const { sessions, backend, stored, open } = setup()
    const { withSession } = fetchSessions(sessions, { secure: false, onStoreFailure: 'anonymous' })
    const handle = withSession(async (request, session) => {
      if (session && request.url.endsWith('/write')) session.data.a = 'lost'
      return new Response(session ? `hello ${session.data.a}` : 'hello, whoever you are')
    })
    await using server = await serve(handle)
    const { token } = await stored()
    const browser = server.browser()
    browser.cookie = `leeway=${token}`
    backend.failNext('load')
    expect(await (await browser.fetch('/')).text()).toBe('hello, whoever you are')
    backend.failNext('update')
    expect(await (await browser.fetch('/write')).text()).toBe('hello lost')
    backend.failNext('create')
    const visitor = server.browser()
    expect((await visitor.fetch('/write')).status).toBe(200)
    expect([browser.cookie, visitor.cookie]).toEqual([`leeway=${token}`, ''])
    expect((await open(token)).data.a).toBe('stored')
  })

  it('of a store that never answers ends in 503', async () => {
    const { server, backend, stored, clock } = await application()
    await using _ = server
    const browser = server.browser()
    browser.cookie = `leeway=${(await stored()).token}`
    const held = backend.holdNext('load')
    const answer = browser.fetch('/read')
    await held.reached
    clock.advance(10_000)
    expect((await answer).status).toBe(503)
    held.release()
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
