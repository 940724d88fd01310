import { Readable } from 'node:stream'
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import { fastifySessionStore } from '@leeway/fastify/fastify-session'
import Fastify, { type FastifyRequest } from 'fastify'
import { application, type Binding } from './application.ts'
import { Holds } from './holds.ts'
import { UPDATE_TIMEOUT_MS } from './native.ts'
import { route, type Visit } from './routes.ts'

export const onFastifySession: Binding = {
  name: '@fastify/session with leeway',
  async start(store) {
    const kept = fastifySessionStore({ store, updateTimeoutMs: UPDATE_TIMEOUT_MS })
    const holds = new Holds()
    const app = Fastify()
    await app.register(cookie)
    await app.register(session, {
      store: kept,
      secret: 'the races over HTTP, with Fastify',
      cookie: { secure: false },
      saveUninitialized: false,
      rolling: false,
    })
    app.get('/*', async (request, reply) => {
      const { status, headers, body } = await route(request.url, visitOf(request), holds)
      return reply
        .code(status)
        .headers(headers)
        .send(typeof body === 'string' ? body : Readable.from(body))
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return application(app.server, holds, () => kept.close())
  },
}

function visitOf(request: FastifyRequest): Visit {
  // The session's type is what an application declares, and this one has no names of its own.
  const data = () => request.session as unknown as Record<string, unknown>
  return {
    owner: () => data().owner,
    data,
    async login(owner) {
      await request.session.regenerate()
      data().owner = owner
    },
    logout: () => request.session.destroy(),
  }
}
