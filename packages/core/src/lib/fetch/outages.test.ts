import { describe, expect, it } from 'vitest'
import { setup, TOUCH } from '../testing-sessions.ts'
import type { Operation } from '../testing-stores.ts'
import { fetchSessions } from './fetch-sessions.ts'
import { application } from './testing-application.ts'
import { serve } from './testing-loopback.ts'

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

  it('of a save closes what the handler was going to stream', async () => {
    const { sessions, stored, backend } = setup()
    const { token } = await stored()
    let isClosed = false
    const handle = fetchSessions(sessions, { secure: false }).withSession((_request, session) => {
      session.data.n++
      backend.failNext('update')
      const cancel = () => {
        isClosed = true
      }
      return new Response(new ReadableStream({ cancel }))
    })
    const request = new Request('http://localhost/', { headers: { cookie: `leeway=${token}` } })
    expect((await handle(request)).status).toBe(503)
    expect(isClosed).toBe(true)
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
