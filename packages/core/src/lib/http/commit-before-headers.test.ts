import { createHash, randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { commitBeforeHeaders } from './commit-before-headers.ts'
import { changing, serve } from './testing-node-server.ts'

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
      {
        around: (response) => {
          const { end } = response
          response.end = ((chunk: string) => {
            seen.push(chunk)
            return Reflect.apply(end, response, [chunk.toUpperCase()])
          }) as typeof end
        },
      },
    )
    expect(await (await fetch(server.url)).text()).toBe('BODY')
    expect(seen).toEqual(['body'])
  })
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

it('two that hold the same response back each save once, one after the other', async () => {
  const saved: string[] = []
  const saving = (name: string) => ({
    commit: async () => {
      saved.push(name)
      return `${name}=1`
    },
  })
  await using server = await serve(
    changing((response) => response.end('body')),
    {
      around: (response) => {
        for (const name of ['second', 'third']) commitBeforeHeaders(saving(name), response, () => {})
      },
    },
  )
  const response = await fetch(server.url)
  expect(await response.text()).toBe('body')
  expect(saved).toEqual(['third', 'second'])
  expect(response.headers.getSetCookie()).toEqual(['third=1', 'second=1', expect.stringMatching(/^leeway=/)])
})
