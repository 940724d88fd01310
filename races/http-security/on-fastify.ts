import { createSessions } from '@leeway/core'
import { fastifySessions } from '@leeway/fastify'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Running, Setting } from './applications.ts'
import { statusOf } from './on-express.ts'
import { ended, portOf } from './on-node.ts'
import { answerTo, type Data, nativeVisit, type Visit } from './visits.ts'

export async function onFastify({ store, clock, cookie, maxHeaderSize }: Setting): Promise<Running> {
  const sessions = createSessions<Data>({ store, ...(clock && { clock }) })
  const { plugin, sessionOf } = fastifySessions(sessions, { secure: false, ...cookie })
  const app = Fastify({ http: { maxHeaderSize }, bodyLimit: 10_000_000 })
  await app.register(plugin)
  return served(
    app,
    (request) => nativeVisit(sessionOf(request)),
    () => sessions.close(),
  )
}

/** The routes, on an application that has its sessions. */
export async function served(
  app: FastifyInstance,
  visitOf: (request: FastifyRequest) => Visit,
  close: () => Promise<void>,
): Promise<Running> {
  const errors: unknown[] = []
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.setErrorHandler((error, _request, reply) => {
    errors.push(error)
    return reply.code(statusOf(error)).send('failed')
  })
  app.all('/*', async (request, reply) => {
    const body = typeof request.body === 'string' ? request.body : ''
    return reply.send(JSON.stringify(await answerTo(visitOf(request), request.url, body)))
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { port: portOf(app.server), errors, [Symbol.asyncDispose]: () => ended(app.server, close) }
}
