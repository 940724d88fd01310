import { describe, expect, it } from 'vitest'
import { application } from './testing-application.ts'

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
