import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { upgradeWebSocket, type WebSocketServerLike } from '@hono/node-server'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { setCookie } from 'hono/cookie'
import { cors } from 'hono/cors'
import { describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { application } from '../testing/application.ts'
import { serve } from '../testing/serve.ts'

const OURS = /^leeway=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/

describe('the cookie', () => {
  it('stands beside those of the handler and of the middleware around it, however they set headers', async () => {
    const { app: inner } = application()
    inner.get('/headers', (c) => {
      c.header('X-Handler', 'yes')
      c.header('Vary', 'Accept')
      setCookie(c, 'theme', 'dark')
      c.var.session.data.n = 1
      return c.text('done')
    })
    const app = new Hono()
      .use(async (c, next) => {
        c.header('X-Before', 'yes')
        await next()
        c.header('X-After', 'yes')
        setCookie(c, 'late', 'yes')
      })
      .use(compress())
      .route('/', inner)
    const { headers } = await app.request('/headers')
    const [theme, ours, late, ...more] = headers.getSetCookie()
    expect([theme, late, more]).toEqual(['theme=dark; Path=/', 'late=yes; Path=/', []])
    expect(ours).toMatch(OURS)
    expect(['x-handler', 'x-before', 'x-after'].map((name) => headers.get(name))).toEqual(['yes', 'yes', 'yes'])
    expect(headers.get('vary')).toMatch(/^Accept, Cookie/)
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('stays where the answer is replaced afterwards', async () => {
    const { app: inner } = application()
    const app = new Hono()
      .use(async (c, next) => {
        await next()
        c.res = new Response('in its place', { status: 202, headers: { 'Cache-Control': 'public' } })
      })
      .route('/', inner)
    const response = await app.request('/count')
    expect([response.status, await response.text()]).toEqual([202, 'in its place'])
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(OURS)])
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('of one visitor is not taken on by an answer that all visitors share', async () => {
    const { app } = application()
    const done = new Response(null, { status: 204 })
    app.get('/done', (c) => {
      c.var.session.data.n++
      return done
    })
    await using server = await serve(app)
    const [one, other] = [server.browser(), server.browser()]
    for (const browser of [one, other, one]) await browser.fetch('/done')
    expect(one.cookie).not.toBe(other.cookie)
    expect(await one.text('/read')).toContain('"n":2')
    expect(done.headers.getSetCookie()).toEqual([])
  })

  it('is put on an answer that was fetched, whose headers cannot be changed', async () => {
    const { app } = application()
    const upstream = createServer((_request, response) => void response.setHeader('X-Upstream', 'yes').end('fetched'))
    upstream.listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    app.get('/proxy', (c) => {
      c.var.session.data.n = 1
      return fetch(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`)
    })
    await using server = await serve(app)
    const response = await server.browser().fetch('/proxy')
    expect([await response.text(), response.headers.get('x-upstream')]).toEqual(['fetched', 'yes'])
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(OURS)])
    upstream.close()
    upstream.closeAllConnections()
  })

  it('is sent once where the middleware runs twice, which loads once', async () => {
    const { app: inner, middleware, backend } = application()
    const app = new Hono().use(middleware).route('/', inner)
    await using server = await serve(app)
    const browser = server.browser()
    expect((await browser.fetch('/count')).headers.getSetCookie()).toHaveLength(1)
    expect(await browser.text('/count')).toBe('visit 2')
    expect(backend.calls).toEqual(['create', 'load', 'update'])
  })

  it('is read by a page of another origin, whose preflight needs no session', async () => {
    const { app: inner, backend } = application()
    const app = new Hono().use(cors({ origin: 'https://shop.example', credentials: true })).route('/', inner)
    const headers = { origin: 'https://shop.example', 'access-control-request-method': 'GET' }
    const preflight = await app.request('/count', { method: 'OPTIONS', headers })
    expect([preflight.status, preflight.headers.getSetCookie()]).toEqual([204, []])
    const response = await app.request('/count', { headers })
    expect(response.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(backend.calls).toEqual(['create'])
  })
})

describe('a WebSocket', () => {
  it('opens with its session, and the upgrade brings the cookie of one that is new', async () => {
    const { app } = application()
    app.get(
      '/chat',
      upgradeWebSocket((c) => {
        const visit = ++c.get('session').data.n
        return { onOpen: (_event, socket) => socket.send(`visit ${visit}`) }
      }),
    )
    const wss = new WebSocketServer({ noServer: true })
    // The types of ws and of the server do not fit each other where `exactOptionalPropertyTypes` is on.
    await using server = await serve(app, wss as unknown as WebSocketServerLike)
    const browser = server.browser()
    const say = async () => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/chat`, { headers: { cookie: browser.cookie } })
      const upgraded = once(socket, 'upgrade')
      const heard = once(socket, 'message')
      const [{ headers }] = await upgraded
      for (const header of headers['set-cookie'] ?? []) browser.cookie = header.split(';')[0] ?? ''
      const [message] = await heard
      socket.close()
      return String(message)
    }
    expect(await say()).toBe('visit 1')
    expect(await say()).toBe('visit 2')
    expect(await browser.text('/read')).toContain('"n":2')
  })

  it('whose upgrade cannot be copied keeps its very answer', async () => {
    const { app } = application()
    const upgrade = Object.defineProperty(new Response(null), 'status', { value: 101 })
    app.get('/upgrade', () => upgrade)
    app.get('/upgrade-and-change', (c) => {
      c.var.session.data.n = 1
      return upgrade
    })
    expect(await app.request('/upgrade')).toBe(upgrade)
    expect(upgrade.headers.getSetCookie()).toEqual([])
    expect(await app.request('/upgrade-and-change')).toBe(upgrade)
    expect(upgrade.headers.getSetCookie()).toHaveLength(1)
  })
})
