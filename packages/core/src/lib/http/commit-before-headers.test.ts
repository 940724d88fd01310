import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import type { Session } from '../sessions/session.ts'
import { type Data, setup } from '../testing-sessions.ts'
import { commitBeforeHeaders } from './commit-before-headers.ts'
import { failureAnswer } from './failures.ts'
import { httpSessions } from './http-sessions.ts'

type Handler = (response: ServerResponse, session: Session<Data>, request: IncomingMessage) => unknown

/** A server whose one handler runs with a session that is saved before the headers. */
async function serve(handler: Handler, around: (response: ServerResponse) => void = () => {}) {
  const context = setup()
  const http = httpSessions(context.sessions, { secure: false, clock: context.clock })
  const server = createServer(async (request, response) => {
    const exchange = http.begin(request.headers.cookie, request)
    const session = await exchange.open()
    commitBeforeHeaders(exchange, response, (error) => {
      response.statusCode = failureAnswer(error)?.status ?? 500
      response.end('failed')
    })
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

const changing =
  (handler: (response: ServerResponse) => unknown): Handler =>
  (response, session) => {
    session.data.n = 7
    return handler(response)
  }

const sentBy: Record<string, (response: ServerResponse) => unknown> = {
  end: (response) => response.end('body'),
  'write and end': (response) => {
    response.write('bo')
    response.end('dy')
  },
  'writeHead with an object': (response) => {
    response.writeHead(200, { 'X-Mine': 'yes', 'Cache-Control': 'public' }).end('body')
  },
  'writeHead with a reason and a list': (response) => {
    response.writeHead(200, 'Fine', ['X-Mine', 'yes', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end('body')
  },
  'writeHead with pairs': (response) => {
    const headers = [
      ['X-Mine', 'yes'],
      ['Set-Cookie', ['a=1', 'b=2']],
    ]
    response.writeHead(200, headers as never).end('body')
  },
  'flushHeaders and end': (response) => {
    response.flushHeaders()
    response.end('body')
  },
  'a stream': (response) => pipeline(Readable.from(['bo', 'dy']), response),
}

describe('what a handler sends', () => {
  it.each(Object.entries(sentBy))(
    'by %s goes out once the session is stored, with its cookie',
    async (how, handler) => {
      await using server = await serve(changing(handler))
      const held = server.backend.holdNext('create')
      let isAnswered = false
      const answer = fetch(server.url).finally(() => {
        isAnswered = true
      })
      await held.reached
      // A whole round trip of another request, in which an answer that did not wait would have arrived.
      await (await fetch(server.url)).text()
      expect(isAnswered).toBe(false)
      held.release()
      const response = await answer
      expect([response.status, await response.text()]).toEqual([200, 'body'])
      const cookies = response.headers.getSetCookie()
      expect(cookies.at(-1)).toMatch(/^leeway=[a-z2-7]{26}\./)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('x-mine')).toBe(how.startsWith('writeHead') ? 'yes' : null)
      expect(cookies.slice(0, -1)).toEqual(/list|pairs/.test(how) ? ['a=1', 'b=2'] : [])
      expect(response.statusText).toBe(how.includes('reason') ? 'Fine' : 'OK')
    },
  )

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('to %s with %d has the cookie and no body', async (method, status) => {
    await using server = await serve(changing((response) => response.writeHead(status).end()))
    const response = await fetch(server.url, { method })
    expect([response.status, await response.text()]).toEqual([status, ''])
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('in a redirect after a login is followed as the user who logged in (express-session #360)', async () => {
    await using server = await serve(async (response, session, { url }) => {
      if (url === '/me') return response.end(session.owner)
      await session.login('alice')
      session.data.a = 'saved at the end'
      return response.writeHead(303, { Location: '/me' }).end()
    })
    const response = await fetch(`${server.url}login`, { redirect: 'manual' })
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    expect([response.status, response.headers.get('location')]).toEqual([303, '/me'])
    expect(await (await fetch(`${server.url}me`, { headers: { cookie } })).text()).toBe('alice')
  })

  it('arrives whole, however large, and its writer waits for the save', async () => {
    const bytes = randomBytes(4 * 1024 * 1024)
    let written = 0
    const parts = function* () {
      for (; written < bytes.length; written += 65_536) yield bytes.subarray(written, written + 65_536)
    }
    await using server = await serve(changing((response) => pipeline(Readable.from(parts()), response)))
    const held = server.backend.holdNext('create')
    const answer = fetch(server.url)
    await held.reached
    expect(written).toBeLessThan(bytes.length)
    held.release()
    const received = Buffer.from(await (await answer).arrayBuffer())
    const hash = (buffer: Buffer) => createHash('sha256').update(buffer).digest('hex')
    expect(hash(received)).toBe(hash(bytes))
  })

  it('as events begins once the session is stored, and goes on', async () => {
    const go = Promise.withResolvers<void>()
    await using server = await serve(
      changing(async (response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
        await go.promise
        expect(response.write('data: 1\n\n')).toBe(true)
        response.end()
      }),
    )
    const response = await fetch(server.url)
    expect(response.headers.getSetCookie()).toHaveLength(1)
    go.resolve()
    expect(await response.text()).toBe('data: 1\n\n')
  })

  it('tells its callbacks', async () => {
    const called: string[] = []
    await using server = await serve(
      changing((response) => {
        response.write('bo', () => called.push('write'))
        response.end('dy', () => called.push('end'))
      }),
    )
    await (await fetch(server.url)).text()
    expect(called).toEqual(['write', 'end'])
  })

  it('to a visitor who has changed nothing is left as it is', async () => {
    await using server = await serve((response) => response.setHeader('Cache-Control', 'public').end('page'))
    const response = await fetch(server.url)
    expect([response.headers.get('set-cookie'), response.headers.get('cache-control')]).toEqual([null, 'public'])
    expect(server.backend.calls).toEqual([])
  })

  it('passes through what others put around the response, before and after', async () => {
    const seen: string[] = []
    await using server = await serve(
      changing((response) => response.end('body')),
      (response) => {
        const { end } = response
        response.end = ((chunk: string) => {
          seen.push(chunk)
          return Reflect.apply(end, response, [chunk.toUpperCase()])
        }) as typeof end
      },
    )
    expect(await (await fetch(server.url)).text()).toBe('BODY')
    expect(seen).toEqual(['body'])
  })
})

describe('a handler that fails', () => {
  it('after a whole answer may have another one sent in its place, with the cookie', async () => {
    await using server = await serve(
      changing((response) => {
        response.end('done')
        expect(response.headersSent).toBe(false)
        response.statusCode = 500
        response.end('failed after all')
      }),
    )
    const response = await fetch(server.url)
    expect([response.status, await response.text()]).toEqual([500, 'failed after all'])
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('after a part of its answer finds its headers sent, as without a session', async () => {
    await using server = await serve(
      changing((response) => {
        response.write('a part')
        if (response.headersSent) response.destroy()
      }),
    )
    await expect(fetch(server.url).then((response) => response.text())).rejects.toThrow()
  })

  it('to end only once is forgiven', async () => {
    await using server = await serve(
      changing((response) => {
        response.write('once')
        response.end()
        response.end('twice')
      }),
    )
    expect(await (await fetch(server.url)).text()).toBe('once')
  })

  it('to send text or bytes is answered for', async () => {
    await using server = await serve(changing((response) => response.end(42 as never)))
    expect((await fetch(server.url)).status).toBe(500)
  })
})

it('a save that fails is answered for in place of the handler, without what described its answer', async () => {
  await using server = await serve(
    changing((response) => {
      response.setHeader('X-Mine', 'yes')
      response.writeHead(303, { Location: '/done', ETag: '"1"', 'Content-Length': 4 }).end('done')
    }),
  )
  server.backend.failNext('create')
  const response = await fetch(server.url, { redirect: 'manual' })
  expect([response.status, await response.text()]).toEqual([503, 'failed'])
  expect(response.headers.getSetCookie()).toEqual([])
  expect([response.headers.get('location'), response.headers.get('etag')]).toEqual([null, null])
  expect(response.headers.get('x-mine')).toBe('yes')
})

it('a save that fails after a login has its secret sent all the same', async () => {
  await using server = await serve(async (response, session) => {
    await session.login('alice')
    session.data.n = 7
    response.end('welcome')
  })
  server.backend.failNext('update')
  const response = await fetch(server.url)
  expect(response.status).toBe(503)
  const token = /^leeway=([^;]+)/.exec(response.headers.getSetCookie()[0] ?? '')?.[1]
  expect((await server.open(token)).owner).toBe('alice')
})

it('a client that leaves during the save has it completed, and the server goes on', async () => {
  await using server = await serve(changing((response) => response.end('nobody hears this')))
  const held = server.backend.holdNext('create')
  const client = httpRequest(server.url)
  client.on('error', () => {})
  client.end()
  await held.reached
  client.destroy()
  const created = Promise.withResolvers<void>()
  server.backend.afterNext('create', async () => created.resolve())
  held.release()
  expect((await fetch(server.url)).status).toBe(200)
  await created.promise
  expect(server.records.size).toBe(2)
})

it('keeps a connection alive for the next request', async () => {
  await using server = await serve(changing((response) => response.end('body')))
  const socket = connect(server.port, '127.0.0.1')
  const get = 'GET / HTTP/1.1\r\nHost: x\r\n'
  socket.write(`${get}\r\n${get}Connection: close\r\n\r\n`)
  const answers = await text(socket)
  expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
  expect(answers.match(/Set-Cookie: leeway=/g)).toHaveLength(2)
})
