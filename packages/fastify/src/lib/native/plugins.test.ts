import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import compress from '@fastify/compress'
import etag from '@fastify/etag'
import files from '@fastify/static'
import websocket from '@fastify/websocket'
import { createSessions } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import Fastify, { type FastifyInstance } from 'fastify'
import { expect, it } from 'vitest'
import { Browser } from '../testing/browser.ts'
import { fastifySessions } from './fastify-sessions.ts'

/** An application in which another plugin comes before or after that of the sessions. */
async function beside(register: (app: FastifyInstance) => unknown, order: 'before' | 'after') {
  const sessions = createSessions({ store: memoryStore(), initialData: () => ({ n: 0 }) })
  const { plugin, sessionOf } = fastifySessions(sessions, { secure: false })
  const app = Fastify()
  if (order === 'before') await register(app)
  await app.register(plugin)
  if (order === 'after') await register(app)
  app.get('/count', async (request) => `${++sessionOf(request).data.n} ${'times '.repeat(1_000)}`)
  app.get('/read', async (request) => sessionOf(request).data)
  const listen = async () => {
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    return { url, browser: new Browser(url) }
  }
  const close = async () => {
    await app.close()
    await sessions.close()
  }
  return { app, sessionOf, listen, [Symbol.asyncDispose]: close }
}

const orders = ['before', 'after'] as const

it.each(orders)('an answer that @fastify/compress compresses, registered %s, brings the cookie', async (order) => {
  await using server = await beside((app) => app.register(compress), order)
  const { browser } = await server.listen()
  const response = await browser.fetch('/count', { headers: { 'Accept-Encoding': 'gzip' } })
  expect(await response.text()).toMatch(/^1 times/)
  expect(response.headers.get('content-encoding')).toBe('gzip')
  expect(response.headers.get('vary')?.split(', ').toSorted()).toEqual(['Cookie', 'accept-encoding'])
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await browser.json('/read')).toEqual({ n: 1 })
})

it.each(orders)('an answer that @fastify/etag turns into 304, registered %s, brings the cookie', async (order) => {
  await using server = await beside((app) => app.register(etag), order)
  server.app.get('/same', async (request) => {
    server.sessionOf(request).data.n++
    return 'the same'
  })
  const { url, browser } = await server.listen()
  const tag = (await fetch(`${url}/same`)).headers.get('etag') ?? ''
  const response = await browser.fetch('/same', { headers: { 'If-None-Match': tag } })
  expect([response.status, response.headers.getSetCookie().length]).toEqual([304, 1])
  expect(await browser.json('/read')).toEqual({ n: 1 })
})

it.each(orders)('a file of @fastify/static, registered %s, is sent once the session is saved', async (order) => {
  const root = await mkdtemp(join(tmpdir(), 'leeway-static-'))
  await writeFile(join(root, 'page.html'), 'a page')
  await using server = await beside((app) => app.register(files, { root, serve: false, maxAge: 60_000 }), order)
  server.app.get('/page', (request, reply) => {
    server.sessionOf(request).data.n++
    return reply.sendFile('page.html')
  })
  const { browser } = await server.listen()
  const response = await browser.fetch('/page')
  expect([await response.text(), response.headers.get('cache-control')]).toEqual(['a page', 'no-store'])
  expect(await browser.json('/read')).toEqual({ n: 1 })
  const again = await browser.fetch('/page')
  expect([await again.text(), again.headers.get('cache-control')]).toEqual(['a page', 'public, max-age=60'])
  await rm(root, { recursive: true })
})

it.each(orders)(
  'a WebSocket of @fastify/websocket, registered %s, changes the session of its visitor',
  async (order) => {
    await using server = await beside((app) => app.register(websocket), order)
    server.app.register(async (app) => {
      app.get('/socket', { websocket: true }, (socket, request) => {
        const session = server.sessionOf(request)
        socket.on('message', async () => {
          const { n } = await session.update((data) => {
            data.n++
          })
          socket.send(`${n}`)
        })
      })
    })
    const { url, browser } = await server.listen()
    await browser.fetch('/count')
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`, {
      headers: { cookie: browser.cookie },
    } as never)
    const answer = new Promise((resolve, reject) => {
      socket.onmessage = ({ data }) => resolve(data)
      socket.onerror = reject
      socket.onopen = () => socket.send('count')
    })
    expect(await answer).toBe('2')
    expect(await browser.json('/read')).toEqual({ n: 2 })
    socket.close()
  },
)
