import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { describe, expect, it } from 'vitest'
import { changing, serve } from './testing-node-server.ts'

describe('a handler that fails', () => {
  it('after a whole answer finds its headers sent, and what it sends besides is dropped', async () => {
    await using server = await serve(
      changing((response) => {
        response.writeHead(303, { Location: '/login' }).end()
        expect(response.headersSent).toBe(true)
        response.statusCode = 200
        response.removeHeader('Location')
        response.setHeader('Content-Length', 6)
        response.writeHead(200, { 'X-Mine': 'yes' }).end('secret')
      }),
    )
    const response = await fetch(server.url, { redirect: 'manual' })
    expect([response.status, await response.text()]).toEqual([303, ''])
    const { headers } = response
    expect([headers.get('location'), headers.get('content-length'), headers.get('x-mine')]).toEqual([
      '/login',
      null,
      null,
    ])
    expect(headers.getSetCookie()).toHaveLength(1)
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

  it('to end only once is forgiven, and told', async () => {
    const told = Promise.withResolvers<unknown>()
    await using server = await serve(
      changing((response) => {
        response.write('once')
        response.end()
        response.end('twice', (...error: unknown[]) => told.resolve(error[0]))
      }),
    )
    expect(await (await fetch(server.url)).text()).toBe('once')
    expect(await told.promise).toMatchObject({ code: 'ERR_STREAM_DESTROYED' })
  })

  it('to send text or bytes is answered for', async () => {
    await using server = await serve(changing((response) => response.end(42 as never)))
    expect((await fetch(server.url)).status).toBe(500)
  })
})

it("an answer for a failed save that fails itself is the process's concern, and keeps nobody waiting", async () => {
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  const unhandled = once(process, 'unhandledRejection')
  try {
    await using server = await serve(
      changing((response) => response.end('done')),
      {
        onFailure: () => {
          throw new RangeError('mine')
        },
      },
    )
    server.backend.failNext('create')
    await expect(fetch(server.url)).rejects.toThrow('fetch failed')
    expect((await unhandled)[0]).toEqual(new RangeError('mine'))
  } finally {
    for (const listener of listeners) process.on('unhandledRejection', listener)
  }
})

it('a save that fails is answered for in place of the handler, without what described its answer', async () => {
  await using server = await serve(
    changing((response) => {
      response.setHeader('X-Mine', 'yes')
      response.setHeader('Content-Disposition', 'attachment; filename="report.pdf"')
      response.writeHead(303, { Location: '/done', ETag: '"1"', 'Content-Length': 4 }).end('done')
    }),
  )
  server.backend.failNext('create')
  const response = await fetch(server.url, { redirect: 'manual' })
  expect([response.status, await response.text()]).toEqual([503, 'failed'])
  expect(response.headers.getSetCookie()).toEqual([])
  for (const name of ['location', 'etag', 'content-disposition']) expect(response.headers.get(name)).toBeNull()
  expect(response.headers.get('x-mine')).toBe('yes')
})

describe('a save that fails', () => {
  it('while the handler is still sending is answered for whole, and what the handler sends later is dropped', async () => {
    const goOn = Promise.withResolvers<void>()
    const done = Promise.withResolvers<unknown>()
    await using server = await serve(
      changing(async (response) => {
        response.write('a part')
        await goOn.promise
        done.resolve([response.write('more'), response.end('the end') === response])
      }),
    )
    server.backend.failNext('create')
    const response = await fetch(server.url)
    expect([response.status, await response.text()]).toEqual([503, 'failed'])
    goOn.resolve()
    expect(await done.promise).toEqual([true, true])
    expect((await fetch(server.url)).status).toBe(200)
  })

  it('has whoever waits for a part of the answer told that it is not sent', async () => {
    const told: unknown[] = []
    await using server = await serve(
      changing((response) => {
        response.write('a part', (error) => told.push(error))
        response.end('the end', () => told.push('end'))
      }),
    )
    server.backend.failNext('create')
    expect((await fetch(server.url)).status).toBe(503)
    expect(told).toEqual([expect.objectContaining({ code: 'ERR_STREAM_DESTROYED' }), 'end'])
  })

  it('while the handler is still sending has the connection cut where nobody answers at once', async () => {
    let isUnfinished: boolean | undefined
    await using server = await serve(
      changing((response) => response.write('a part')),
      {
        onFailure: (response, _error, unfinished) => {
          isUnfinished = unfinished
          setImmediate(() => response.end('too late'))
        },
      },
    )
    server.backend.failNext('create')
    await expect(fetch(server.url)).rejects.toThrow()
    expect(isUnfinished).toBe(true)
  })

  it('after a whole answer may be answered for later', async () => {
    await using server = await serve(
      changing((response) => response.end('done')),
      {
        onFailure: (response, _error, isUnfinished) => setImmediate(() => response.end(`unfinished: ${isUnfinished}`)),
      },
    )
    server.backend.failNext('create')
    expect(await (await fetch(server.url)).text()).toBe('unfinished: false')
  })

  it('passes by what was put around the response since, which has seen another answer end', async () => {
    const seen: unknown[] = []
    await using server = await serve(
      changing((response) => response.end('done')),
      {
        around: (response) => {
          const { end } = response
          response.end = ((chunk: string) => {
            seen.push(chunk)
            return seen.length === 1 ? Reflect.apply(end, response, [chunk]) : response
          }) as typeof end
        },
      },
    )
    server.backend.failNext('create')
    expect(await (await fetch(server.url)).text()).toBe('failed')
    expect(seen).toEqual(['done'])
  })
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
  const left = Promise.withResolvers<void>()
  const told = Promise.withResolvers<unknown>()
  await using server = await serve(
    changing((response) => {
      response.once('close', left.resolve)
      response.write('nobody', told.resolve)
      response.end(' hears this')
    }),
  )
  const held = server.backend.holdNext('create')
  const client = httpRequest(server.url)
  client.on('error', () => {})
  client.end()
  await held.reached
  client.destroy()
  await left.promise
  const created = Promise.withResolvers<void>()
  server.backend.afterNext('create', async () => created.resolve())
  held.release()
  expect((await fetch(server.url)).status).toBe(200)
  expect(await told.promise).toMatchObject({ code: 'ERR_STREAM_DESTROYED' })
  await created.promise
  expect(server.records.size).toBe(2)
})
