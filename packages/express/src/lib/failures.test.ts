import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { createSessions, isLeewayError } from '@leeway/core'
import { failureAnswer } from '@leeway/core/http'
import { memoryStore } from '@leeway/core/memory'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { expressSessions } from './express-sessions.ts'
import { type Application, Browser, frameworks, listening, type Sessions, serve } from './testing-frameworks.ts'
import { faulty } from './testing-stores.ts'

/** Routes that write, log in, fail and log in before they fail. */
function routes(app: Application, { middleware, sessionOf }: Sessions): void {
  app.use('/', middleware)
  app.use('/write', (request, response) => {
    sessionOf(request).data.note = 'written'
    response.writeHead(303, 'Over There', { Location: '/note', 'Cache-Control': 'public', ETag: '"1"' }).end('done')
  })
  app.use('/login', (request, response, next) => {
    const session = sessionOf(request)
    session.login('alice').then(() => {
      session.data.note = 'hello'
      response.end('welcome')
    }, next)
  })
  app.use('/login-and-fail', (request, _response, next) => {
    sessionOf(request)
      .login('alice')
      .then(() => next(new Error('no such page')), next)
  })
  app.use('/fail', () => {
    throw new Error('no such page')
  })
  app.use('/map', (request, response) => {
    sessionOf(request).data.note = new Map()
    response.end('done')
  })
}

describe.each(Object.keys(frameworks))('in %s, without an error handler,', (framework) => {
  it.each(['load', 'update', 'destroy'] as const)(
    'a %s that fails is 503, and the visitor is still who they were',
    async (operation) => {
      await using server = await serve(framework, (app, sessions) => {
        routes(app, sessions)
        app.use('/logout', (request, response, next) => {
          sessions
            .sessionOf(request)
            .destroy()
            .then(() => response.end(), next)
        })
      })
      const browser = server.browser()
      await browser.get('/login')
      const { cookie } = browser
      server.failNext(operation)
      const response = await browser.get(operation === 'destroy' ? '/logout' : '/write')
      expect([response.status, response.statusText]).toEqual([503, 'Service Unavailable'])
      expect([response.headers.getSetCookie(), response.headers.get('location')]).toEqual([[], null])
      expect(response.headers.get('etag')).toBeNull()
      if (operation !== 'destroy') expect(response.headers.get('cache-control')).toBe('no-store')
      expect(browser.cookie).toBe(cookie)
      expect(await browser.text('/note')).toBe('alice: hello')
    },
  )

  it('a new session that cannot be stored is 503, without a cookie', async () => {
    await using server = await serve(framework, routes)
    server.failNext('create')
    const response = await server.browser().get('/write')
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
  })

  it('a save that fails after a login is 503, with the cookie of the login', async () => {
    await using server = await serve(framework, routes)
    const browser = server.browser()
    server.failNext('update')
    const response = await browser.get('/login')
    expect([response.status, response.headers.get('cache-control')]).toEqual([503, 'no-store'])
    expect(await browser.text('/note')).toBe('alice: ')
  })

  it('a handler that fails after a login is 500, with the cookie of the login', async () => {
    await using server = await serve(framework, routes)
    const browser = server.browser()
    expect((await browser.get('/login-and-fail')).status).toBe(500)
    expect(await browser.text('/note')).toBe('alice: ')
  })

  it('a handler that throws is 500, without a cookie', async () => {
    await using server = await serve(framework, routes)
    const response = await server.browser().get('/fail')
    expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
  })

  it('data that cannot be stored is the application’s error', async () => {
    await using server = await serve(framework, routes)
    const response = await server.browser().get('/map')
    expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
    expect(await response.text()).toContain('data.note')
  })

  it('of two requests that write a key differently at once, one is 409', async () => {
    const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let count = 0
    await using server = await serve(framework, (app, sessions) => {
      routes(app, sessions)
      app.use('/both', (request, response) => {
        const mine = count++
        arrived[mine]?.resolve()
        void Promise.all(arrived.map(({ promise }) => promise)).then(() => {
          sessions.sessionOf(request).data.note = `request ${mine}`
          response.end()
        })
      })
    })
    const browser = server.browser()
    await browser.get('/login')
    const answers = await Promise.all([browser.get('/both'), browser.get('/both')])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  it('a store that never answers is 503 in the end', async () => {
    await using server = await serve(framework, routes)
    const browser = server.browser()
    await browser.get('/login')
    const held = server.holdNext('load')
    const answer = browser.get('/note')
    await held.reached
    server.clock.advance(10_000)
    expect((await answer).status).toBe(503)
    held.release()
  })

  it('a connection outlives failures', async () => {
    await using server = await serve(framework, routes)
    const browser = server.browser()
    await browser.get('/login')
    const socket = connect(server.port, '127.0.0.1')
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nCookie: ${browser.cookie}\r\n`
    server.failNext('load')
    server.failNext('update')
    socket.write(`${get('/note')}\r\n${get('/write')}\r\n${get('/note')}Connection: close\r\n\r\n`)
    const answers = await text(socket)
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 503', 'HTTP/1.1 503', 'HTTP/1.1 200'])
    expect(answers).toContain('alice: hello')
  })

  it('a client that leaves during the save has it completed, and the server goes on', async () => {
    await using server = await serve(framework, routes)
    const browser = server.browser()
    await browser.get('/login')
    const held = server.holdNext('update')
    const client = httpRequest(`${server.url}/write`, { headers: { cookie: browser.cookie } })
    client.on('error', () => {})
    client.end()
    await held.reached
    client.destroy()
    held.release()
    // The next request of this session is served after the save.
    expect(await browser.text('/note')).toBe('alice: written')
  })
})

describe.each(Object.keys(frameworks))('in %s, a handler that has answered', (framework) => {
  it('and passes on is not answered over with 404', async () => {
    await using server = await serve(framework, (app, sessions) => {
      app.use('/', sessions.middleware)
      app.use('/write', (request, response, next) => {
        sessions.sessionOf(request).data.note = 'written'
        response.end('done')
        next()
      })
    })
    const held = server.holdNext('create')
    const answer = server.browser().get('/write')
    await held.reached
    await new Promise(setImmediate)
    held.release()
    const response = await answer
    expect([response.status, await response.text()]).toEqual([200, 'done'])
  })

  it('and throws, to a request whose body is under way, leaves the process alone', async () => {
    await using server = await serve(framework, (app, sessions) => {
      app.use('/', sessions.middleware)
      app.use('/write', (request, response) => {
        sessions.sessionOf(request).data.note = 'written'
        response.end('done')
        throw new Error('too late')
      })
    })
    const held = server.holdNext('create')
    const socket = connect(server.port, '127.0.0.1')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    socket.write('POST /write HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n')
    await held.reached
    await new Promise(setImmediate)
    held.release()
    socket.write('ok')
    await closed
    expect((await server.browser().get('/note')).status).toBe(200)
  })
})

describe.each(Object.keys(frameworks))('in %s, an error handler', (framework) => {
  const withHandler = () =>
    serve(framework, (app, sessions) => {
      routes(app, sessions)
      app.onError((error, _request, response, next) => {
        const answer = failureAnswer(error)
        if (!answer) return next(error)
        const code = isLeewayError(error) ? error.code : 'none'
        response.statusCode = answer.status
        response.setHeader('Content-Type', 'application/json')
        response.end(JSON.stringify({ code, message: answer.message }))
      })
      app.onError((_error, request, response) => {
        sessions.sessionOf(request).data.note = 'sorry'
        response.statusCode = 500
        response.end('sorry')
      })
    })

  it.each(['load', 'update'] as const)(
    'is given the error of a %s that failed, and answers in its own way',
    async (operation) => {
      await using server = await withHandler()
      const browser = server.browser()
      await browser.get('/login')
      server.failNext(operation)
      const response = await browser.get('/write')
      expect([response.status, response.statusText]).toEqual([503, 'Service Unavailable'])
      expect(await response.json()).toEqual({
        code: 'ERR_STORE_FAILED',
        message: 'sessions are unavailable, please try again',
      })
    },
  )

  it('may write to the session, which is saved with its answer', async () => {
    await using server = await withHandler()
    const browser = server.browser()
    const response = await browser.get('/login-and-fail')
    expect([response.status, await response.text()]).toEqual([500, 'sorry'])
    expect(await browser.text('/note')).toBe('alice: sorry')
  })

  it('whose own answer cannot be saved is answered for', async () => {
    await using server = await withHandler()
    const browser = server.browser()
    server.failNext('update')
    const response = await browser.get('/login-and-fail')
    expect(response.status).toBe(503)
    expect(await browser.text('/note')).toBe('alice: ')
  })
})

it('an outage is gone through where that was asked for, by a handler that can tell', async () => {
  const backend = faulty(memoryStore())
  const sessions = createSessions({ store: backend.store, initialData: () => ({ note: '' }) })
  const { middleware, sessionOf } = expressSessions(sessions, {
    secure: (request: express.Request) => request.secure,
    onStoreFailure: (_error, request) => (request.path === '/account' ? 'fail' : 'anonymous'),
  })
  const app = express().set('env', 'test')
  app.use(middleware)
  app.use((request, response) => {
    const session = sessionOf(request)
    if (session) session.data.note = 'written'
    response.send(session ? 'hello' : 'hello, whoever you are')
  })
  await using server = await listening(app)
  const browser = new Browser(server.url)
  await browser.get('/')
  const { cookie } = browser
  backend.failNext('load')
  expect(await browser.text('/')).toBe('hello, whoever you are')
  backend.failNext('load')
  expect((await browser.get('/account')).status).toBe(503)
  expect(browser.cookie).toBe(cookie)
  await sessions.close()
})

it('in Express 5, what an async handler is refused by the store is answered by itself', async () => {
  const backend = faulty(memoryStore())
  const sessions = createSessions({ store: backend.store, initialData: () => ({ visits: 0 }) })
  const { middleware, sessionOf } = expressSessions(sessions, { secure: false })
  const app = express().set('env', 'test')
  app.use(middleware)
  app.use(async (request, response) => {
    await sessionOf(request).update((data) => {
      data.visits++
    })
    response.send('done')
  })
  await using server = await listening(app)
  backend.failNext('create')
  expect((await fetch(server.url)).status).toBe(503)
  expect((await fetch(server.url)).status).toBe(200)
  await sessions.close()
})

it('an error handler that asks for the session of a request is given what opening it failed with', async () => {
  const backend = faulty(memoryStore())
  const sessions = createSessions({ store: backend.store })
  const { middleware, sessionOf } = expressSessions(sessions, { secure: false })
  const app = express().set('env', 'test')
  app.use(middleware, (request, response) => {
    Object.assign(sessionOf(request).data, { n: 1 })
    response.end()
  })
  app.use(((_error, request, response, _next) => {
    try {
      response.send(`hello ${sessionOf(request).owner}`)
    } catch (error) {
      response.send(isLeewayError(error) ? error.code : 'another error')
    }
  }) satisfies express.ErrorRequestHandler)
  await using server = await listening(app)
  const browser = new Browser(server.url)
  await browser.get('/')
  backend.failNext('load')
  expect(await browser.text('/')).toBe('ERR_STORE_FAILED')
  await sessions.close()
})
