import { createSessions, type StoredSession } from '@leeway/core'
import type { HttpOptions, OutageAnswer, OutageDecision } from '@leeway/core/http'
import { memoryStore } from '@leeway/core/memory'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { Browser } from '../testing/browser.ts'
import { HeldStore } from '../testing/held-store.ts'
import { fastifySessions } from './fastify-sessions.ts'

// For the tests of this package: an application with sessions, over real HTTP.

export interface Data {
  n: number
  a?: unknown
}

export type Application = Awaited<ReturnType<typeof application>>

type Outages = OutageAnswer | OutageDecision<FastifyRequest>

function sessionsOnMemory<Outage extends Outages>(options: HttpOptions<FastifyRequest, Outage>) {
  const records = new Map<string, StoredSession>()
  const backend = new HeldStore(memoryStore({ records }))
  const sessions = createSessions<Data>({ store: backend.store, initialData: () => ({ n: 0 }) })
  return { records, backend, sessions, ...fastifySessions(sessions, { secure: false, ...options }) }
}

/** Routes that read, write, log in and out, and those that `build` adds. */
export async function application<Outage extends Outages = 'fail'>(
  build: (app: FastifyInstance, setup: ReturnType<typeof sessionsOnMemory<Outage>>) => void = () => {},
  options: HttpOptions<FastifyRequest, Outage> = {},
) {
  const setup = sessionsOnMemory(options)
  const { sessionOf } = setup
  const app = Fastify()
  app.register(setup.plugin)
  app.register(async (inner) => {
    inner.get('/read', async (request) => {
      const session = sessionOf(request)
      return { ...session?.data, owner: session?.owner }
    })
    inner.get<{ Params: { a: string } }>('/write/:a', async (request) => {
      Object.assign(sessionOf(request)?.data ?? {}, request.params)
      return 'written'
    })
    inner.get('/login', async (request, reply) => {
      await sessionOf(request)?.login('alice')
      return reply.redirect('/read', 303)
    })
    inner.get('/logout', async (request, reply) => {
      await sessionOf(request)?.destroy()
      return reply.redirect('/read', 303)
    })
    build(inner, setup)
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    ...setup,
    app,
    url,
    browser: () => new Browser(url),
    async [Symbol.asyncDispose]() {
      app.server.closeAllConnections()
      await app.close()
      await setup.sessions.close()
    },
  }
}
