import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { isLeewayError } from '@leeway/core'
import { describe, expect, it } from 'vitest'
import { type Application, frameworks, type Handler, type Sessions, serve } from './testing-frameworks.ts'

describe.each(Object.keys(frameworks))('in %s', (framework) => {
  const withSessions = (mount: (app: Application, sessions: Sessions) => void) =>
    serve(framework, (app, sessions) => {
      app.use('/', sessions.middleware)
      mount(app, sessions)
    })
  /** A server that writes a note, and answers as the handler does. */
  const writing = (handler: Handler) =>
    withSessions((app, { sessionOf }) =>
      app.use('/write', (request, response, next) => {
        sessionOf(request).data.note = 'written'
        return handler(request, response, next)
      }),
    )

  it('a visitor whose session nobody has changed gets no cookie, and no store is asked', async () => {
    await using server = await writing((_, response) => response.end())
    const response = await server.browser().get('/note')
    expect([await response.text(), response.headers.getSetCookie()]).toEqual(['null: ', []])
    expect(server.calls).toEqual([])
  })

  it('what a request writes is there for the next one, and the cookie is sent once', async () => {
    await using server = await writing((_, response) => response.end('done'))
    const browser = server.browser()
    const first = await browser.get('/write')
    expect(first.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^sid=[a-z2-7]{26}\..*; HttpOnly; SameSite=Lax$/),
    ])
    expect([first.headers.get('cache-control'), first.headers.get('vary')]).toEqual(['no-store', 'Cookie'])
    expect((await browser.get('/write')).headers.getSetCookie()).toEqual([])
    expect(await browser.text('/note')).toBe('null: written')
  })

  it('a redirect after a login goes out once the login is stored (express-session #360)', async () => {
    await using server = await withSessions((app, { sessionOf }) =>
      app.use('/login', async (request, response) => {
        await sessionOf(request).login('alice')
        sessionOf(request).data.note = 'hello'
        response.writeHead(303, { Location: '/note' }).end()
      }),
    )
    const browser = server.browser()
    const held = server.holdNext('update')
    let isAnswered = false
    const answer = browser.get('/login').finally(() => {
      isAnswered = true
    })
    await held.reached
    // A whole round trip of another visitor, in which an answer that did not wait would have arrived.
    await server.browser().get('/note')
    expect(isAnswered).toBe(false)
    held.release()
    expect((await answer).headers.get('location')).toBe('/note')
    expect(await browser.text('/note')).toBe('alice: hello')
  })

  it('a handler that fails after its answer has given it, whatever an error handler sends besides', async () => {
    await using server = await withSessions((app, { sessionOf }) => {
      app.use('/write', (request, response, next) => {
        sessionOf(request).data.note = 'written'
        response.end('done')
        next(new Error('too late'))
      })
      app.onError((_error, _request, response) => {
        response.statusCode = 500
        response.setHeader('Content-Length', 6)
        response.end('failed')
      })
    })
    const browser = server.browser()
    const response = await browser.get('/write')
    expect([response.status, await response.text()]).toEqual([200, 'done'])
    expect(await browser.text('/note')).toBe('null: written')
  })

  it.each<[string, Handler]>([
    ['a stream', (_, response) => Readable.from(['bo', 'dy']).pipe(response)],
    ['flushed headers', (_, response) => [response.flushHeaders(), response.end('body')]],
    ['a head of its own', (_, response) => response.writeHead(200, { 'Cache-Control': 'public' }).end('body')],
  ])('%s brings the cookie', async (_what, handler) => {
    await using server = await writing(handler)
    const browser = server.browser()
    const response = await browser.get('/write')
    expect([await response.text(), response.headers.get('cache-control')]).toEqual(['body', 'no-store'])
    expect(await browser.text('/note')).toBe('null: written')
  })

  it.each([
    ['HEAD', 200],
    ['GET', 304],
  ])('the answer to %s with %d brings the cookie', async (method, status) => {
    await using server = await writing((_, response) => response.writeHead(status).end())
    const browser = server.browser()
    expect((await browser.get('/write', {}, method)).status).toBe(status)
    expect(await browser.text('/note')).toBe('null: written')
  })

  it('a logout takes the cookie away, and a copy of it opens nothing', async () => {
    await using server = await withSessions((app, { sessionOf }) => {
      app.use('/login', async (request, response) => {
        await sessionOf(request).login('alice')
        response.end()
      })
      app.use('/logout', async (request, response) => {
        await sessionOf(request).destroy()
        response.end()
      })
    })
    const browser = server.browser()
    await browser.get('/login')
    const copy = browser.cookie
    expect((await browser.get('/logout')).headers.getSetCookie()).toEqual([expect.stringMatching(/^sid=;.*Max-Age=0/)])
    expect(browser.cookie).toBe('')
    browser.cookie = copy
    expect(await browser.text('/note')).toBe('null: ')
  })

  it('mounted twice, it opens one session and saves it once', async () => {
    await using server = await withSessions((app, { middleware, sessionOf }) => {
      app.use('/twice', (request, response, next) => {
        const before = sessionOf(request)
        before.data.note = 'kept'
        middleware(request, response, () => (sessionOf(request) === before ? next() : next(new Error('another'))))
      })
      app.use('/twice', (_, response) => response.end('one'))
    })
    const response = await server.browser().get('/twice')
    expect([await response.text(), response.headers.getSetCookie().length]).toEqual(['one', 1])
    expect(server.calls).toEqual(['create'])
  })

  it('a handler that it has not run for is told so', async () => {
    await using server = await serve(framework, (app, { sessionOf }) =>
      app.use('/', (request, response) => {
        try {
          response.end(String(sessionOf(request)))
        } catch (error) {
          response.end(isLeewayError(error) ? `${error.code} in ${error.operation}` : 'another error')
        }
      }),
    )
    expect(await server.browser().text('/')).toBe('ERR_INVALID_OPTION in sessionOf')
  })

  it('a connection stays alive', async () => {
    await using server = await writing((_, response) => response.end('body'))
    const socket = connect(server.port, '127.0.0.1')
    const get = 'GET /write HTTP/1.1\r\nHost: x\r\n'
    socket.write(`${get}\r\n${get}Connection: close\r\n\r\n`)
    const answers = await text(socket)
    expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
    expect(answers.match(/Set-Cookie: sid=/g)).toHaveLength(2)
  })
})
