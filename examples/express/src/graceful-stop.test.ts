import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, test } from 'vitest'
import { gracefulStop } from './graceful-stop.ts'

/** Far longer than a test may take: a stop that had to run out of patience would fail it. */
const PATIENCE_MS = 10 * 60_000

async function serve(listener: RequestListener, patienceMs = PATIENCE_MS) {
  const server = createServer({ keepAliveTimeout: PATIENCE_MS }, listener)
  const stop = gracefulStop(server, patienceMs)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, stop, port: (server.address() as AddressInfo).port }
}

test('what is under way is answered, on a connection that then closes, and what is idle closes at once', async () => {
  const held = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const { stop, port } = await serve(async (incoming, response) => {
    if (incoming.url === '/held') {
      arrived.resolve()
      await held.promise
    }
    response.end('answered')
  })
  const agent = new Agent({ keepAlive: true })
  const ask = async (path: string) => {
    const [response] = (await once(request({ port, path, agent }).end(), 'response')) as [IncomingMessage]
    return { connection: response.headers.connection, text: (await response.setEncoding('utf8').toArray()).join('') }
  }
  const answer = ask('/held')
  await arrived.promise
  // On another connection, which then is idle.
  expect(await ask('/')).toEqual({ connection: 'keep-alive', text: 'answered' })
  const stopped = stop()
  await expect(ask('/')).rejects.toMatchObject({ code: expect.stringMatching(/^(ECONNREFUSED|ECONNRESET)$/) })
  held.resolve()
  expect(await answer).toEqual({ connection: 'close', text: 'answered' })
  await stopped
  agent.destroy()
})

test('a request of which a part had come is read to its end and answered', async () => {
  const { server, stop, port } = await serve((_incoming, response) => response.end('answered'))
  const client = connect(port, '127.0.0.1').setEncoding('utf8')
  client.write('GET / HTTP/1.1\r\nHost: x\r\n')
  await once(server, 'connection')
  const stopped = stop()
  client.write('\r\n')
  const answer = (await client.toArray()).join('')
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\nConnection: close\r\n/)
  expect(answer).toMatch(/answered$/)
  await stopped
})

test('what does not end in time is cut off', async () => {
  const arrived = Promise.withResolvers<void>()
  const { stop, port } = await serve(() => arrived.resolve(), 1)
  const outgoing = request({ port }).end()
  const failed = once(outgoing, 'error')
  await arrived.promise
  await stop()
  expect(await failed).toMatchObject([{ code: 'ECONNRESET' }])
})
