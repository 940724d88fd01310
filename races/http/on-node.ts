import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { commitBeforeHeaders, failureAnswer, httpSessions } from '@leeway/core/http'
import { type Binding, listening } from './application.ts'
import { Holds } from './holds.ts'
import { nativeSessions } from './native.ts'
import { nativeVisit, route } from './routes.ts'

/** A binding as docs/http.md has it: what the bindings to frameworks are made of. */
export const onNode: Binding = {
  name: 'node:http',
  async start(store, given) {
    const { sessions, options } = nativeSessions(store, given)
    const http = httpSessions(sessions, options)
    const holds = new Holds()
    const server = createServer(async (request, response) => {
      const fail = (error: unknown) => {
        const answer = failureAnswer(error)
        response.writeHead(answer?.status ?? 500).end(answer?.message)
      }
      try {
        const exchange = http.begin(request.headers.cookie, request)
        commitBeforeHeaders(exchange, response, fail)
        const session = await exchange.open()
        const { status, headers, body } = await route(request.url ?? '/', nativeVisit(session), holds)
        response.writeHead(status, headers)
        if (typeof body === 'string') response.end(body)
        else Readable.from(body).pipe(response)
      } catch (error) {
        fail(error)
      }
    })
    return listening(server, holds, () => sessions.close())
  },
}
