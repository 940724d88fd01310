import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Session } from '../sessions/session.ts'
import { type Data, setup } from '../testing-sessions.ts'
import { commitBeforeHeaders } from './commit-before-headers.ts'
import { failureAnswer } from './failures.ts'
import { httpSessions } from './http-sessions.ts'

// For the tests of this package: handlers of Node's requests over real HTTP.

export type Handler = (response: ServerResponse, session: Session<Data>, request: IncomingMessage) => unknown

interface Around {
  /** Puts something around the response once the middleware has run. */
  readonly around?: (response: ServerResponse) => void
  /** Answers where the save fails. */
  readonly onFailure?: (response: ServerResponse, error: unknown, isUnfinished: boolean) => void
}

function answer(response: ServerResponse, error: unknown): void {
  response.statusCode = failureAnswer(error)?.status ?? 500
  response.end('failed')
}

/** A server whose one handler runs with a session that is saved before the headers. */
export async function serve(handler: Handler, { around = () => {}, onFailure = answer }: Around = {}) {
  const context = setup()
  const http = httpSessions(context.sessions, { secure: false, clock: context.clock })
  const server = createServer(async (request, response) => {
    const exchange = http.begin(request.headers.cookie, request)
    const session = await exchange.open()
    commitBeforeHeaders(exchange, response, (error, isUnfinished) => onFailure(response, error, isUnfinished))
    around(response)
    await handler(response, session, request)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    ...context,
    port,
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** A handler that changes the session before it answers. */
export const changing =
  (handler: (response: ServerResponse) => unknown): Handler =>
  (response, session) => {
    session.data.n = 7
    return handler(response)
  }
