import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'

/**
 * Makes a server that can be stopped without losing a request. Once it is told to stop, it accepts no connection, closes
 * those on which nothing has been asked, and answers whatever it has begun to read, with `Connection: close`: without
 * that, a client or a load balancer goes on asking on a connection that is kept alive, until it is cut off.
 *
 * Call it before the first request.
 *
 * @returns stops the server; resolves once all is answered, or has been cut off after `patienceMs`
 */
export function gracefulStop(server: Server, patienceMs: number): () => Promise<void> {
  const unanswered = new Set<ServerResponse>()
  let isStopping = false
  server.prependListener('request', (_request, response) => {
    if (isStopping) response.setHeader('Connection', 'close')
    unanswered.add(response)
    response.on('close', () => unanswered.delete(response))
  })
  return async () => {
    isStopping = true
    for (const response of unanswered) if (!response.headersSent) response.setHeader('Connection', 'close')
    const closed = once(server, 'close')
    server.close()
    server.closeIdleConnections()
    setTimeout(() => server.closeAllConnections(), patienceMs).unref()
    await closed
  }
}
