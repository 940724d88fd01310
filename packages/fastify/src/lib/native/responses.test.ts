import { Readable, Transform } from 'node:stream'
import cookie from '@fastify/cookie'
import { describe, expect, it } from 'vitest'
import { type Application, application } from './testing-application.ts'

/** Has the store hold the session of this request, and shows that its answer waits for it. */
async function answeredOnceStored(server: Application, path: string, init?: RequestInit): Promise<Response> {
  const held = server.backend.holdNext('create')
  let isAnswered = false
  const answer = fetch(server.url + path, { redirect: 'manual', ...init }).finally(() => {
    isAnswered = true
  })
  await held.reached
  // A whole round trip of another request, in which an answer that did not wait would have arrived.
  await server.browser().fetch('/read')
  expect(isAnswered).toBe(false)
  held.release()
  return answer
}

describe('a response', () => {
  it('that redirects after a login goes out once the session is stored (express-session #360)', async () => {
    await using server = await application()
    const response = await answeredOnceStored(server, '/login')
    expect([response.status, response.headers.get('location')]).toEqual([303, '/read'])
    expect([response.headers.get('cache-control'), response.headers.get('vary')]).toEqual(['no-store', 'Cookie'])
    const browser = server.browser()
    browser.take(response)
    expect(await browser.json('/read')).toEqual({ n: 0, owner: 'alice' })
  })

  const streams: Record<string, (parts: AsyncIterable<Buffer>) => unknown> = {
    'a stream': (parts) => Readable.from(parts),
    'a web stream': (parts) => ReadableStream.from(parts),
    'a fetch response': (parts) =>
      new Response(ReadableStream.from(parts), {
        status: 201,
        headers: { 'Cache-Control': 'public', 'X-Mine': 'yes' },
      }),
  }
  it.each(Object.entries(streams))('that is %s begins once the session is stored, and goes on', async (kind, make) => {
    const more = Promise.withResolvers<void>()
    await using server = await application((app, { sessionOf, records }) => {
      app.get('/stream', async (request, reply) => {
        sessionOf(request).data.a = 'before the first byte'
        const parts = async function* () {
          yield Buffer.from(`stored ${records.size};`)
          await more.promise
          yield Buffer.from('the end')
        }
        return reply.header('Vary', 'Origin').send(make(parts()))
      })
    })
    const response = await answeredOnceStored(server, '/stream')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toBe('stored 1;')
    const browser = server.browser()
    browser.take(response)
    expect(await browser.json('/read')).toMatchObject({ a: 'before the first byte' })
    more.resolve()
    expect((await reader?.read())?.value).toBe('the end')
    expect([response.headers.get('cache-control'), response.headers.get('vary')]).toEqual([
      'no-store',
      'Origin, Cookie',
    ])
    const isResponse = kind === 'a fetch response'
    expect([response.status, response.headers.get('x-mine')]).toEqual(isResponse ? [201, 'yes'] : [200, null])
  })

  it('of fetch that all visitors share takes on nobody’s cookie', async () => {
    const done = new Response(null, { status: 204 })
    await using server = await application((app, { sessionOf }) => {
      app.get('/done', async (request) => {
        sessionOf(request).data.n++
        return done
      })
    })
    const [one, other] = [server.browser(), server.browser()]
    for (const browser of [one, other, one]) expect((await browser.fetch('/done')).status).toBe(204)
    expect(one.cookie).not.toBe(other.cookie)
    expect(await one.json('/read')).toMatchObject({ n: 2 })
    expect(done.headers.getSetCookie()).toEqual([])
  })

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('to %s with %d, which has no body, brings the cookie', async (method, status) => {
    await using server = await application((app, { sessionOf }) => {
      app.get('/bare', async (request, reply) => {
        sessionOf(request).data.n = 1
        return reply.code(status).header('ETag', '"1"').send('body')
      })
    })
    const browser = server.browser()
    const response = await browser.fetch('/bare', { method })
    expect([response.status, response.headers.get('etag')]).toEqual([status, '"1"'])
    expect(await browser.json('/read')).toMatchObject({ n: 1 })
  })

  it('to a visitor who has changed nothing may be cached as the handler says', async () => {
    await using server = await application((app) => {
      app.get('/page', (_request, reply) => reply.header('Cache-Control', 'public, max-age=60').send('page'))
    })
    const { headers } = await server.browser().fetch('/page')
    expect([headers.get('set-cookie'), headers.get('cache-control')]).toEqual([null, 'public, max-age=60'])
  })

  it('brings the cookie with a new secret, and with no other answer', async () => {
    await using server = await application()
    const browser = server.browser()
    const sent: number[] = []
    for (const path of ['/write/1', '/write/2', '/read', '/login', '/read', '/write/3', '/logout', '/read']) {
      sent.push((await browser.fetch(path)).headers.getSetCookie().length)
    }
    expect(sent).toEqual([1, 0, 0, 1, 0, 0, 1, 0])
    expect(browser.cookie).toBe('')
  })

  it('keeps the cookies that others set, in the reply, in Node’s response and through @fastify/cookie', async () => {
    await using server = await application((app, { sessionOf }) => {
      app.register(cookie)
      app.get('/cookies', async (request, reply) => {
        sessionOf(request).data.n = 1
        return reply.setCookie('c', '3').header('Set-Cookie', 'a=1').header('Set-Cookie', 'b=2').send('body')
      })
      app.get('/raw', async (request, reply) => {
        sessionOf(request).data.n = 2
        reply.raw.setHeader('Set-Cookie', ['d=4', 'e=5'])
        return 'body'
      })
    })
    const namesSetBy = async (path: string) => {
      const { headers } = await server.browser().fetch(path)
      return headers.getSetCookie().map((one) => one.split('=')[0])
    }
    expect((await namesSetBy('/cookies')).toSorted()).toEqual(['a', 'b', 'c', 'leeway'])
    expect((await namesSetBy('/raw')).toSorted()).toEqual(['d', 'e', 'leeway'])
  })

  it('whose payload other hooks replace brings the cookie', async () => {
    await using server = await application((app, { sessionOf }) => {
      const upper = () => new Transform({ transform: (chunk, _encoding, done) => done(null, `${chunk}`.toUpperCase()) })
      app.addHook('onSend', async (_request, reply, payload) => {
        reply.header('X-Encoded', 'yes').removeHeader('Content-Length')
        return Readable.from([payload]).pipe(upper())
      })
      app.get('/encoded', async (request) => {
        sessionOf(request).data.n = 1
        return 'body'
      })
    })
    const browser = server.browser()
    const response = await browser.fetch('/encoded')
    expect([await response.text(), response.headers.get('x-encoded')]).toEqual(['BODY', 'yes'])
    expect(browser.cookie).toMatch(/^leeway=/)
  })
})
