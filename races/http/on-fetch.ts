import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { fetchSessions } from '@leeway/core/fetch'
import { type Binding, listening } from './application.ts'
import { Holds } from './holds.ts'
import { nativeSessions } from './native.ts'
import { nativeVisit, route } from './routes.ts'

export const onFetch: Binding = {
  name: 'fetch',
  async start(store, given) {
    const { sessions, options } = nativeSessions(store, given)
    const { withSession } = fetchSessions(sessions, options)
    const holds = new Holds()
    const handle = withSession(async (request: Request, session) => {
      const { status, headers, body } = await route(request.url, nativeVisit(session), holds)
      return new Response(typeof body === 'string' ? body : ReadableStream.from(body), { status, headers })
    })
    return listening(createServer(getRequestListener(handle)), holds, () => sessions.close())
  },
}
