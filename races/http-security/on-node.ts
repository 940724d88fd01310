import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createSessions } from '@leeway/core'
import { commitBeforeHeaders, failureAnswer, httpSessions } from '@leeway/core/http'
import type { Running, Setting } from './applications.ts'
import { answerTo, type Data, nativeVisit } from './visits.ts'

export async function onNode({ store, clock, cookie, maxHeaderSize }: Setting): Promise<Running> {
  const sessions = createSessions<Data>({ store, ...(clock && { clock }) })
  const http = httpSessions(sessions, { secure: false, ...cookie })
  const errors: unknown[] = []
  const server = createServer({ maxHeaderSize }, async (request, response) => {
    const fail = (error: unknown) => {
      errors.push(error)
      response.statusCode = failureAnswer(error)?.status ?? 500
      response.end('failed')
    }
    try {
      const exchange = http.begin(request.headers.cookie, request)
      commitBeforeHeaders(exchange, response, fail)
      const session = await exchange.open()
      const answer = await answerTo(nativeVisit(session), request.url ?? '', await text(request))
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer))
    } catch (error) {
      fail(error)
    }
  })
  const port = await listening(server)
  return { port, errors, [Symbol.asyncDispose]: () => ended(server, () => sessions.close()) }
}

export async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return portOf(server)
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

export async function ended(server: Server, close: () => Promise<void>): Promise<void> {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
  await close()
}
