import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { honoSessions } from '@leeway/hono'
import { Hono } from 'hono'
import { type Binding, listening } from './application.ts'
import { Holds } from './holds.ts'
import { nativeSessions } from './native.ts'
import { nativeVisit, route } from './routes.ts'

export const onHono: Binding = {
  name: 'Hono',
  async start(store, given) {
    const { sessions, options } = nativeSessions(store, given)
    const { middleware } = honoSessions(sessions, options)
    const holds = new Holds()
    const app = new Hono().use(middleware).get('*', async (c) => {
      const { status, headers, body } = await route(c.req.url, nativeVisit(c.var.session), holds)
      return new Response(typeof body === 'string' ? body : ReadableStream.from(body), { status, headers })
    })
    return listening(createServer(getRequestListener(app.fetch)), holds, () => sessions.close())
  },
}
