import { once } from 'node:events'
import { connect } from 'node:http2'
import { text } from 'node:stream/consumers'
import { createSessions } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import Fastify from 'fastify'
import { expect, it } from 'vitest'
import { fastifySessions } from './fastify-sessions.ts'

it('over HTTP/2 a session is kept, in replies and in hijacked ones', async () => {
  const sessions = createSessions({ store: memoryStore(), initialData: () => ({ n: 0 }) })
  const { plugin, sessionOf } = fastifySessions(sessions, { secure: false })
  const app = Fastify({ http2: true })
  app.register(plugin)
  app.get('/', async (request) => `${++sessionOf(request).data.n}`)
  app.get('/raw', (request, reply) => {
    const n = `${++sessionOf(request).data.n}`
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/plain' })
    reply.raw.end(n)
  })
  const client = connect(await app.listen({ port: 0, host: '127.0.0.1' }))
  let cookie = ''
  const get = async (path: string) => {
    const request = client.request({ ':path': path, ...(cookie ? { cookie } : {}) })
    const [headers] = await once(request, 'response')
    cookie = headers['set-cookie']?.[0].split(';')[0] ?? cookie
    return text(request)
  }
  const answers = [await get('/raw'), await get('/'), await get('/raw'), await get('/')]
  expect(answers).toEqual(['1', '2', '3', '4'])
  client.close()
  await app.close()
  await sessions.close()
})
