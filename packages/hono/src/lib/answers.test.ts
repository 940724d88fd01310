import { streamSSE, streamText } from 'hono/streaming'
import { describe, expect, it } from 'vitest'
import { application } from '../testing/application.ts'
import { serve } from '../testing/serve.ts'

describe('an answer', () => {
  it('that redirects goes out once the session is stored (express-session #360)', async () => {
    const { app, backend } = application()
    await using server = await serve(app)
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
    const { status, headers } = await answer
    expect([status, headers.get('location'), headers.get('cache-control')]).toEqual([302, '/read', 'no-store'])
    expect(headers.get('vary')).toBe('Cookie')
    expect(await browser.text('/read')).toBe('{"n":0,"owner":"alice"}')
  })

  it('that streams begins once the session is stored, and what the stream saves itself is kept', async () => {
    const { app, records, backend } = application()
    const more = Promise.withResolvers<void>()
    app.get('/stream', (c) => {
      c.var.session.data.n = 7
      return streamText(c, async (stream) => {
        await stream.write(`stored ${records.size};`)
        await more.promise
        c.var.session.data.note = 'from the stream'
        await c.var.session.save()
        await stream.write('the end')
      })
    })
    app.get('/note', (c) => c.json(c.var.session.data))
    await using server = await serve(app)
    const browser = server.browser()
    const held = backend.holdNext('create')
    let isAnswered = false
    const answer = browser.fetch('/stream').finally(() => {
      isAnswered = true
    })
    await held.reached
    await server.browser().fetch('/read')
    expect(isAnswered).toBe(false)
    held.release()
    const body = (await answer).body?.pipeThrough(new TextDecoderStream()).getReader()
    await body?.read()
    expect(await browser.text('/note')).toBe('{"n":7}')
    more.resolve()
    expect((await body?.read())?.value).toBe('the end')
    expect(await browser.text('/note')).toBe('{"n":7,"note":"from the stream"}')
  })

  it('of server-sent events brings the cookie with its headers, before the events', async () => {
    const { app } = application()
    const more = Promise.withResolvers<void>()
    app.get('/events', (c) => {
      c.var.session.data.n = 7
      return streamSSE(c, async (stream) => {
        await more.promise
        await stream.writeSSE({ data: 'late' })
      })
    })
    await using server = await serve(app)
    const browser = server.browser()
    const response = await browser.fetch('/events')
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(await browser.text('/read')).toContain('"n":7')
    more.resolve()
    expect(await response.text()).toBe('data: late\n\n')
  })

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ] as const)('to %s with %d, which has no body, brings the cookie', async (method, status) => {
    const { app } = application()
    app.get('/bare', (c) => {
      c.var.session.data.n = 1
      return new Response(null, { status, headers: { ETag: '"1"' } })
    })
    await using server = await serve(app)
    const browser = server.browser()
    const response = await browser.fetch('/bare', { method })
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([status, '"1"', ''])
    expect(await browser.text('/read')).toContain('"n":1')
  })

  it('of 404 brings the cookie of what was changed on the way', async () => {
    const { app } = application()
    app.use('/lost', async (c, next) => {
      c.var.session.data.n = 1
      await next()
    })
    app.notFound((c) => c.text('nothing here', 404))
    await using server = await serve(app)
    const browser = server.browser()
    const response = await browser.fetch('/lost')
    expect([response.status, await response.text()]).toEqual([404, 'nothing here'])
    expect(await browser.text('/read')).toContain('"n":1')
    expect((await browser.fetch('/nowhere')).status).toBe(404)
  })

  it('to a visitor who has changed nothing has no cookie, and may be cached as the handler says', async () => {
    const { app, records, backend } = application()
    app.get('/page', (c) => c.text('page', 200, { 'Cache-Control': 'public, max-age=60' }))
    await using server = await serve(app)
    const response = await server.browser().fetch('/page')
    expect(response.headers.getSetCookie()).toEqual([])
    expect(response.headers.get('cache-control')).toBe('public, max-age=60')
    expect([records.size, backend.calls]).toEqual([0, []])
  })

  it('brings the cookie once, and not with every answer', async () => {
    const { app } = application()
    app.get('/logout', async (c) => {
      await c.var.session.destroy()
      return c.redirect('/read')
    })
    await using server = await serve(app)
    const browser = server.browser()
    const sent: number[] = []
    for (const path of ['/count', '/count', '/read', '/login', '/read', '/count', '/logout', '/read']) {
      sent.push((await browser.fetch(path)).headers.getSetCookie().length)
    }
    expect(sent).toEqual([1, 0, 0, 1, 0, 0, 1, 0])
    expect(browser.cookie).toBe('')
  })
})
