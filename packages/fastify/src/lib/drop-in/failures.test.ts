import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { startRedis } from '@leeway/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { sentCookies, serve, write } from './testing-application.ts'
import { SUBJECTS } from './testing-subjects.ts'

const redis = await startRedis()
afterAll(() => redis.stop())

describe.each(SUBJECTS)('errors on $name', (subject) => {
  it('of a handler leave what it changed saved, and send the cookie', async () => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get('/throw', async ({ session }) => {
        write(session).a = 'half done'
        throw new Error('in the middle')
      })
    })
    const browser = server.browser()
    const response = await browser.fetch('/throw')
    expect([response.status, sentCookies(response).length]).toEqual([500, 1])
    expect(await browser.json('/read')).toEqual({ a: 'half done' })
  })

  it('of another hook before the save go through an error handler, and the session is saved', async () => {
    await using server = await serve(subject, redis.url, (app) => {
      app.addHook('preHandler', async (request) => {
        if (request.url !== '/hook') return
        write(request.session).a = 'from the hook'
        throw new Error('in a hook')
      })
      app.setErrorHandler((error: Error, _request, reply) => reply.code(418).send(error.message))
      app.get('/hook', async () => 'not reached')
    })
    const browser = server.browser()
    const response = await browser.fetch('/hook')
    expect([response.status, await response.text()]).toEqual([418, 'in a hook'])
    expect(await browser.json('/read')).toEqual({ a: 'from the hook' })
  })

  it('leave a connection open for the next request', async () => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get('/throw', async () => {
        throw new Error('in the middle')
      })
    })
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write('GET /throw HTTP/1.1\r\nHost: x\r\n\r\nGET /read HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    const answers = await text(socket)
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 500', 'HTTP/1.1 200'])
  })
})

/** What cannot break down is left out. */
describe.each(SUBJECTS.filter(({ name }) => name !== 'its MemoryStore'))('a broken store: $name', (subject) => {
  const status = subject.isLeeway ? 503 : 500

  it('answers a request with a cookie with an error, and leaves the cookie alone', async () => {
    await using server = await serve(subject, redis.url, () => {})
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    await server.breakDown()
    const response = await browser.fetch('/read')
    expect([response.status, sentCookies(response)]).toEqual([status, []])
  })

  it('answers a save, at the end or by the handler, with an error', async () => {
    await using server = await serve(subject, redis.url, (app, opened) => {
      app.get('/broken', async () => opened.breakDown())
      app.get('/save', async ({ session }) => {
        await opened.breakDown()
        told.push(
          await session.save().then(
            () => 'saved',
            () => 'not saved',
          ),
        )
        return 'the handler goes on'
      })
    })
    const told: string[] = []
    expect((await server.browser().fetch('/broken')).status).toBe(status)
    expect((await server.browser().fetch('/save')).status).toBe(status)
    expect(told).toEqual(['not saved'])
  })

  it('answers a logout with an error, which the handler is told', async () => {
    await using server = await serve(subject, redis.url, (app, opened) => {
      app.get('/logout', async ({ session }) => {
        await opened.breakDown()
        await session.destroy()
        return 'destroyed'
      })
    })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    expect((await browser.fetch('/logout')).status).toBe(status)
  })

  it('leaves a connection open for the next request', async () => {
    await using server = await serve(subject, redis.url, () => {})
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    await server.breakDown()
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    await once(socket, 'connect')
    const get = `GET /read HTTP/1.1\r\nHost: x\r\nCookie: ${browser.cookie}\r\n`
    socket.write(`${get}\r\n${get}Connection: close\r\n\r\n`)
    expect((await text(socket)).match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`, `HTTP/1.1 ${status}`])
  })
})

it('the message of an error of leeway tells a visitor nothing of the store', async () => {
  const [subject] = SUBJECTS.filter(({ name }) => name === 'leeway on Redis')
  if (!subject) throw new Error('there is no such store')
  const own = await startRedis()
  await using server = await serve(subject, own.url, () => {})
  const browser = server.browser()
  await browser.fetch('/write/a/1')
  await own.stop()
  const response = await browser.fetch('/read')
  expect(response.status).toBe(503)
  const { message } = Object(await response.json())
  expect(message).toBe('sessions are unavailable, please try again')
})
