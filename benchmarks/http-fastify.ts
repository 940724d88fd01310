// Ways to keep a counter per visitor in a Fastify application.
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import { createSessions } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { fastifySessions } from '@leeway/fastify'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'

/** Sets an application up, and says how requests reach their counter. */
type SetUp = (app: FastifyInstance) => Counter | Promise<Counter>

interface Counter {
  increment(request: FastifyRequest): number
  read(request: FastifyRequest): number
}

export const onFastify: Record<string, SetUp> = {
  'Fastify, no session': () => {
    let n = 0
    return { increment: () => ++n, read: () => n }
  },
  'leeway on Fastify, memory': async (app) => {
    const sessions = createSessions({ store: memoryStore(), initialData: () => ({ n: 0 }) })
    const { plugin, sessionOf } = fastifySessions(sessions, { secure: false })
    await app.register(plugin)
    return {
      increment: (request) => ++sessionOf(request).data.n,
      read: (request) => sessionOf(request).data.n,
    }
  },
  '@fastify/session, its own store': async (app) => {
    await app.register(cookie)
    await app.register(session, {
      secret: 'a secret of more than thirty-two characters',
      saveUninitialized: false,
      cookie: { secure: false },
    })
    const data = (request: FastifyRequest) => request.session as unknown as { n?: number }
    return {
      increment: (request) => {
        const held = data(request)
        held.n = (held.n ?? 0) + 1
        return held.n
      },
      read: (request) => data(request).n ?? 0,
    }
  },
}

/** Listens on a free loopback port, which it resolves with. */
export async function listenWithFastify(name: string): Promise<number> {
  const app = fastify()
  const counter = await onFastify[name]?.(app)
  if (!counter) throw new Error(`there is no ${name}`)
  app.get('/increment', async (request) => ({ n: counter.increment(request) }))
  app.get('/read', async (request) => ({ n: counter.read(request) }))
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}
