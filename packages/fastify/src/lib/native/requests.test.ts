import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import { createSessions, type Session } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import Fastify from 'fastify'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { fastifySessions } from './fastify-sessions.ts'
import { application, type Data } from './testing-application.ts'

describe('a request', () => {
  it('without a cookie asks no store until something is to be kept', async () => {
    await using server = await application()
    const response = await server.browser().fetch('/read')
    expect(await response.json()).toEqual({ n: 0, owner: null })
    expect(response.headers.getSetCookie()).toEqual([])
    expect(server.backend.calls).toEqual([])
  })

  it('with a cookie loads its session once', async () => {
    await using server = await application()
    const browser = server.browser()
    await browser.fetch('/write/1')
    expect(await browser.json('/read')).toEqual({ n: 0, a: '1', owner: null })
    expect(server.backend.calls).toEqual(['create', 'load'])
  })

  it('sees the session as request.session as well', async () => {
    await using server = await application((app, { sessionOf }) => {
      app.get('/same', async (request) => Object.is(Reflect.get(request, 'session'), sessionOf(request)))
    })
    expect(await server.browser().json('/same')).toBe(true)
  })

  it('may not put something else in place of its session', async () => {
    await using server = await application((app) => {
      app.get('/assign', async (request) => Reflect.set(request, 'session', null))
    })
    expect(await server.browser().json('/assign')).toBe(false)
  })

  it('to the not-found handler has a session', async () => {
    await using server = await application((app, { sessionOf }) => {
      app.setNotFoundHandler(async (request, reply) => {
        sessionOf(request).data.a = request.url
        return reply.code(404).send('nothing here')
      })
      app.get('/gone', (_request, reply) => reply.callNotFound())
    })
    const browser = server.browser()
    expect((await browser.fetch('/nowhere')).status).toBe(404)
    expect(await browser.json('/read')).toMatchObject({ a: '/nowhere' })
    expect((await browser.fetch('/gone')).status).toBe(404)
    expect(await browser.json('/read')).toMatchObject({ a: '/gone' })
  })

  it('to the default not-found handler is left alone', async () => {
    await using server = await application()
    const response = await server.browser().fetch('/nowhere')
    expect([response.status, response.headers.getSetCookie()]).toEqual([404, []])
  })

  it('is changed and saved by hooks, whether or not a handler follows', async () => {
    await using server = await application((app, { sessionOf }) => {
      app.addHook('preHandler', async (request, reply) => {
        if (request.url !== '/hook') return
        sessionOf(request).data.a = 'from a hook'
        return reply.send('answered by a hook')
      })
      app.get('/hook', async () => 'not reached')
    })
    const browser = server.browser()
    expect(await (await browser.fetch('/hook')).text()).toBe('answered by a hook')
    expect(await browser.json('/read')).toMatchObject({ a: 'from a hook' })
  })

  it('that its visitor gave up on is saved all the same', async () => {
    await using server = await application((app, { sessionOf }) => {
      app.get('/slow', async (request) => {
        sessionOf(request).data.a = 'kept'
        arrived.resolve()
        if (!request.raw.socket.destroyed) await once(request.raw.socket, 'close')
        return 'too late'
      })
      app.addHook('onSend', async (request) => {
        if (request.url === '/slow') done.resolve()
      })
    })
    const [arrived, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const browser = server.browser()
    await browser.fetch('/write/1')
    const giveUp = new AbortController()
    const answer = browser.fetch('/slow', { signal: giveUp.signal })
    await arrived.promise
    giveUp.abort()
    await expect(answer).rejects.toThrow('aborted')
    await done.promise
    expect(await browser.json('/read')).toMatchObject({ a: 'kept' })
  })

  it('leaves its connection open for the next', async () => {
    await using server = await application()
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    const get = 'GET /write/1 HTTP/1.1\r\nHost: x\r\n'
    socket.write(`${get}\r\n${get}Connection: close\r\n\r\n`)
    const answers = await text(socket)
    expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
    expect(answers.match(/set-cookie: leeway=/gi)).toHaveLength(2)
  })
})

describe('the plugin', () => {
  it('in a child context leaves the routes outside it alone', async () => {
    const sessions = createSessions<Data>({ store: memoryStore(), initialData: () => ({ n: 0 }) })
    const { plugin, sessionOf } = fastifySessions(sessions, { secure: false })
    const app = Fastify()
    app.register(async (child) => {
      child.register(plugin)
      child.get('/inside', async (request) => ++sessionOf(request).data.n)
    })
    app.get('/outside', async (request) => ('session' in request ? 'has one' : sessionOf(request).data.n))
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    expect(await (await fetch(`${url}/inside`)).json()).toBe(1)
    const outside = await fetch(`${url}/outside`)
    expect(outside.status).toBe(500)
    expect(await outside.json()).toMatchObject({ code: 'ERR_INVALID_OPTION' })
    await app.close()
    await sessions.close()
  })

  it('of two applications of sessions serves each in its own context', async () => {
    const [shop, admin] = ['shop', 'admin'].map((name) => {
      const sessions = createSessions<Data>({ store: memoryStore(), initialData: () => ({ n: 0 }) })
      return { name, sessions, ...fastifySessions(sessions, { secure: false, name }) }
    })
    const app = Fastify()
    for (const one of [shop, admin]) {
      app.register(async (child) => {
        if (!one) return
        child.register(one.plugin)
        child.get(`/${one.name}`, async (request) => ++one.sessionOf(request).data.n)
      })
    }
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const cookies = await Promise.all(['shop', 'admin'].map(async (path) => (await fetch(`${url}/${path}`)).headers))
    const cookie = cookies.flatMap((headers) => headers.getSetCookie().map((one) => one.split(';')[0])).join('; ')
    for (const path of ['shop', 'admin', 'shop']) await fetch(`${url}/${path}`, { headers: { cookie } })
    expect(await (await fetch(`${url}/shop`, { headers: { cookie } })).json()).toBe(4)
    expect(await (await fetch(`${url}/admin`, { headers: { cookie } })).json()).toBe(3)
    await app.close()
    await Promise.all([shop?.sessions.close(), admin?.sessions.close()])
  })

  it('beside @fastify/session, whose request.session it would hide, is refused by Fastify', async () => {
    const sessions = createSessions({ store: memoryStore() })
    const app = Fastify()
    app.register(cookie)
    app.register(session, { secret: 'a secret of at least 32 characters' })
    app.register(fastifySessions(sessions).plugin)
    await expect(app.ready()).rejects.toThrow("'session' has already been added")
    await sessions.close()
  })

  it('refuses options that it does not know', () => {
    const sessions = createSessions({ store: memoryStore() })
    expect(() => fastifySessions(sessions, { maxAge: 1 } as never)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    )
  })

  it('types the session, and that there may be none where requests go on without', () => {
    const sessions = createSessions<Data>({ store: memoryStore(), initialData: () => ({ n: 0 }) })
    const strict = fastifySessions(sessions)
    const lenient = fastifySessions(sessions, { onStoreFailure: 'anonymous' })
    expectTypeOf(strict.sessionOf).returns.toEqualTypeOf<Session<Data>>()
    expectTypeOf(lenient.sessionOf).returns.toEqualTypeOf<Session<Data> | undefined>()
  })
})
