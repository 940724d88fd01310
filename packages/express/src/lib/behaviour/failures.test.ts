import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { isLeewayError } from '@leeway/core'
import { describe, expect, it } from 'vitest'
import { called, route, serve, shown } from './testing-applications.ts'
import { backends, isLeeway, kinds } from './testing-backends.ts'

const open = backends()

describe.each(kinds)('when the store %s fails', (kind) => {
  it('the error of a get reaches the error handler, and the connection lives on', async () => {
    const backend = await open(kind)
    await using server = await serve(backend)
    const browser = server.browser()
    await browser.get('/set')
    await backend.fail()
    const socket = connect(server.port, '127.0.0.1')
    const get = `GET /show HTTP/1.1\r\nHost: x\r\nCookie: ${browser.cookie}\r\n`
    socket.write(`${get}\r\n${get}Connection: close\r\n\r\n`)
    const status = isLeeway(kind) ? 503 : 500
    expect((await text(socket)).match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`, `HTTP/1.1 ${status}`])
    expect(server.errors).toHaveLength(2)
    expect(server.errors.every(isLeewayError)).toBe(isLeeway(kind))
  })

  it('the error of a save by hand reaches its callback', async () => {
    const backend = await open(kind)
    await using server = await serve(backend, {}, (app) =>
      app.get(
        '/save',
        route(async (request) => {
          await backend.fail()
          request.session.a = 1
          return called((done) => request.session.save(done)).then(
            () => 'saved',
            () => 'not saved',
          )
        }),
      ),
    )
    const browser = server.browser()
    expect(await browser.text('/save')).toBe('not saved')
  })

  it('the error of a save at the end reaches the error handler after the answer, and the connection lives on', async () => {
    const backend = await open(kind)
    await using server = await serve(backend, {}, (app) =>
      app.get(
        '/write',
        route(async (request) => {
          await backend.fail()
          request.session.a = 1
          return 'answered'
        }),
      ),
    )
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write('GET /write HTTP/1.1\r\nHost: x\r\n\r\nGET /write HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect((await text(socket)).match(/HTTP\/1\.1 \d+|answered/g)).toEqual(
      Array(2).fill(['HTTP/1.1 200', 'answered']).flat(),
    )
    expect(server.errors).toHaveLength(2)
  })

  it('nothing says that the session does not exist', async () => {
    const backend = await open(kind)
    await using server = await serve(backend, { saveUninitialized: true })
    const browser = server.browser()
    await browser.get('/set')
    const { cookie } = browser
    await backend.fail()
    await browser.get('/show')
    expect(browser.cookie).toBe(cookie)
    for (const error of server.errors) expect(Reflect.get(Object(error), 'code')).not.toBe('ENOENT')
  })
})

describe.each(kinds)('with %s, of a session that has gone meanwhile,', (kind) => {
  it('a save is no error, and the connection lives on', async () => {
    const backend = await open(kind)
    await using server = await serve(backend, {}, (app) =>
      app.get(
        '/write',
        route(async (request) => {
          await called((done) => backend.store.destroy(request.sessionID, done))
          request.session.a = 1
          return 'answered'
        }),
      ),
    )
    const browser = server.browser()
    await browser.get('/set')
    const socket = connect(server.port, '127.0.0.1')
    const get = `GET /write HTTP/1.1\r\nHost: x\r\nCookie: ${browser.cookie}\r\n`
    socket.write(`${get}\r\n${get}Connection: close\r\n\r\n`)
    expect((await text(socket)).match(/answered/g)).toHaveLength(2)
    expect(server.errors).toEqual([])
    // With an upsert it is back, and with it whoever was logged in.
    expect((await shown(browser)).session.a).toBe(isLeeway(kind) ? undefined : 1)
  })
})
