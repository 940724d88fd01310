import { Readable } from 'node:stream'
import { fastifySessions } from '@leeway/fastify'
import Fastify from 'fastify'
import { application, type Binding } from './application.ts'
import { Holds } from './holds.ts'
import { nativeSessions } from './native.ts'
import { nativeVisit, route } from './routes.ts'

export const onFastify: Binding = {
  name: 'Fastify',
  async start(store, given) {
    const { sessions, options } = nativeSessions(store, given)
    const { plugin, sessionOf } = fastifySessions(sessions, options)
    const holds = new Holds()
    const app = Fastify()
    await app.register(plugin)
    app.get('/*', async (request, reply) => {
      const { status, headers, body } = await route(request.url, nativeVisit(sessionOf(request)), holds)
      return reply
        .code(status)
        .headers(headers)
        .send(typeof body === 'string' ? body : Readable.from(body))
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return application(app.server, holds, () => sessions.close())
  },
}
