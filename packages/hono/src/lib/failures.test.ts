import { type Context, Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { streamText } from 'hono/streaming'
import { describe, expect, it } from 'vitest'
import { application, type Data } from '../testing/application.ts'
import { serve } from '../testing/serve.ts'
import { honoSessions, type SessionEnv } from './hono-sessions.ts'

const UNAVAILABLE = 'sessions are unavailable, please try again\n'

describe('a store that fails', () => {
  it.each([
    ['load', '/read', true],
    ['create', '/count', false],
    ['update', '/count', true],
    ['create', '/login', false],
    ['update', '/login', true],
  ] as const)('at %s in %s is 503, and the visitor is still who they were', async (operation, path, isStored) => {
    const { app, backend } = application()
    await using server = await serve(app)
    const browser = server.browser()
    if (isStored) await browser.fetch('/count')
    const before = browser.cookie
    backend.failNext(operation)
    const response = await browser.fetch(path)
    expect([response.status, await response.text()]).toEqual([503, UNAVAILABLE])
    expect(response.headers.getSetCookie()).toEqual([])
    expect([response.headers.get('cache-control'), response.headers.get('location')]).toEqual(['no-store', null])
    expect(browser.cookie).toBe(before)
    expect(await browser.text('/read')).toBe(`{"n":${isStored ? 1 : 0},"owner":null}`)
    expect((await browser.fetch(path)).status).toBeLessThan(400)
  })

  it('once the handler has answered has that answer taken back, and keeps what was around it', async () => {
    const { app: inner, backend } = application()
    inner.get('/page', (c) => {
      c.var.session.data.n = 1
      c.header('ETag', '"1"')
      return c.json({ ok: true }, 201, { 'Content-Disposition': 'attachment', 'Cache-Control': 'public' })
    })
    const app = new Hono()
      .use(async (c, next) => {
        c.header('X-Request-Id', '7')
        await next()
      })
      .route('/', inner)
    backend.failNext('create')
    const { status, headers } = await app.request('/page')
    expect([status, headers.get('cache-control'), headers.get('x-request-id')]).toEqual([503, 'no-store', '7'])
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect([headers.get('etag'), headers.get('content-disposition')]).toEqual([null, null])
  })

  it('once a stream has begun has it aborted, so that its writer does not wait for ever', async () => {
    const { app, backend } = application()
    const aborted = Promise.withResolvers<void>()
    app.get('/stream', (c) => {
      c.var.session.data.n = 1
      return streamText(c, async (stream) => {
        stream.onAbort(aborted.resolve)
        await stream.write('more than nobody reads')
        await aborted.promise
      })
    })
    await using server = await serve(app)
    backend.failNext('create')
    const response = await server.browser().fetch('/stream')
    expect([response.status, await response.text()]).toEqual([503, UNAVAILABLE])
    await aborted.promise
  })

  it('is told to onError, which may answer in its own way', async () => {
    const { app, backend } = application()
    const causes: unknown[] = []
    app.onError((error, c) => {
      if (!(error instanceof HTTPException)) throw error
      causes.push(error.cause)
      return c.html('<p>back in a minute</p>', error.status)
    })
    await using server = await serve(app)
    const browser = server.browser()
    await browser.fetch('/count')
    backend.failNext('update')
    const saving = await browser.fetch('/count')
    backend.failNext('load')
    const opening = await browser.fetch('/read')
    for (const response of [saving, opening]) {
      expect([response.status, await response.text()]).toEqual([503, '<p>back in a minute</p>'])
    }
    expect(causes).toMatchObject([{ code: 'ERR_STORE_FAILED' }, { code: 'ERR_STORE_FAILED' }])
  })

  it('in the handler is left to an onError that answers with anything but 500', async () => {
    const { app, backend } = application()
    app.onError((_error, c) => c.text('a teapot', 418))
    backend.failNext('create')
    expect((await app.request('/login')).status).toBe(418)
  })

  it('after a login has its new cookie sent all the same', async () => {
    const { app, backend } = application()
    app.get('/login-and-change', async (c) => {
      await c.var.session.login('alice')
      c.var.session.data.n = 7
      return c.redirect('/read')
    })
    await using server = await serve(app)
    const browser = server.browser()
    backend.failNext('update')
    const response = await browser.fetch('/login-and-change')
    expect([response.status, response.headers.get('location')]).toEqual([503, null])
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(await browser.text('/read')).toBe('{"n":0,"owner":"alice"}')
  })

  it('is gone through where that was asked for, by handlers that can tell', async () => {
    const { sessions, backend } = application()
    const { middleware } = honoSessions(sessions, { secure: false, onStoreFailure: 'anonymous' })
    const app = new Hono()
      .use(middleware)
      .get('/', (c) => c.text(c.var.session ? `visit ${++c.var.session.data.n}` : 'hello, whoever you are'))
    await using server = await serve(app)
    const browser = server.browser()
    await browser.fetch('/')
    const before = browser.cookie
    backend.failNext('load')
    expect(await browser.text('/')).toBe('hello, whoever you are')
    backend.failNext('update')
    expect(await browser.text('/')).toBe('visit 2')
    expect(browser.cookie).toBe(before)
    expect(await browser.text('/')).toBe('visit 2')
  })
})

describe('a handler that fails', () => {
  it('has nothing saved and no cookie sent', async () => {
    const { app, records } = application()
    app.onError((error, c) => c.text(error.message, 500))
    app.get('/broken', (c) => {
      c.var.session.data.n = 1
      throw new Error('broken')
    })
    const response = await app.request('/broken')
    expect([response.status, await response.text(), response.headers.getSetCookie()]).toEqual([500, 'broken', []])
    expect(records.size).toBe(0)
  })

  it.each([
    ['an error', 500, () => new Error('broken')],
    ['an HTTPException', 402, () => new HTTPException(402, { message: 'pay first' })],
    ['an HTTPException with a response', 402, () => new HTTPException(402, { res: new Response('pay first') })],
  ] as const)(
    'with %s after a login has the new cookie sent, since the old one is dead',
    async (_name, status, make) => {
      const { app } = application()
      app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text('sorry', 500)))
      app.get('/login-and-fail', async (c) => {
        await c.var.session.login('alice')
        throw make()
      })
      await using server = await serve(app)
      const browser = server.browser()
      await browser.fetch('/count')
      const response = await browser.fetch('/login-and-fail')
      expect([response.status, response.headers.getSetCookie().length]).toEqual([status, 1])
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await browser.text('/read')).toBe('{"n":1,"owner":"alice"}')
    },
  )

  it('and is answered for with a redirect is saved, with what onError has put into the session', async () => {
    const { app } = application()
    app.onError((_error, c: Context<SessionEnv<Data>>) => {
      c.var.session.data.note = 'try again'
      return c.redirect('/note')
    })
    app.get('/note', (c) => c.text(String(c.var.session.data.note)))
    app.get('/broken', () => {
      throw new Error('broken')
    })
    await using server = await serve(app)
    const browser = server.browser()
    expect((await browser.fetch('/broken')).status).toBe(302)
    expect(await browser.text('/note')).toBe('try again')
  })

  it('after a logout has the cookie taken away', async () => {
    const { app } = application()
    app.onError((_error, c) => c.text('sorry', 500))
    app.get('/logout-and-fail', async (c) => {
      await c.var.session.destroy()
      throw new Error('broken')
    })
    await using server = await serve(app)
    const browser = server.browser()
    await browser.fetch('/login')
    await browser.fetch('/logout-and-fail')
    expect(browser.cookie).toBe('')
  })

  it('in an application of its own, with an onError of its own, is told apart as well', async () => {
    const { app, records } = application()
    const part = new Hono<SessionEnv<Data>>().onError((error, c) => c.text(`part of ${error.message}`, 500))
    part.get('/broken', (c) => {
      c.var.session.data.n = 1
      throw new Error('the whole')
    })
    app.route('/part', part)
    const response = await app.request('/part/broken')
    expect([response.status, await response.text()]).toEqual([500, 'part of the whole'])
    expect(records.size).toBe(0)
  })

  it('to return an answer is told so by Hono, as without sessions', async () => {
    const { app } = application()
    const messages: string[] = []
    app.onError((error, c) => {
      messages.push(error.message)
      return c.text('sorry', 500)
    })
    app.get('/forgetful', (c) => {
      c.var.session.data.n = 1
      return undefined as never
    })
    const response = await app.request('/forgetful')
    expect([response.status, response.headers.getSetCookie().length]).toEqual([500, 1])
    expect(messages).toEqual([expect.stringContaining('Context is not finalized')])
  })
})

describe('data that cannot be saved', () => {
  it('is the application’s own error, and told to onError as it is', async () => {
    const { app, records } = application()
    const errors: unknown[] = []
    app.onError((error, c) => {
      errors.push(error)
      return c.text('sorry', 500)
    })
    app.get('/unsayable', (c) => {
      c.var.session.data.note = new Map()
      return c.redirect('/read')
    })
    const { status, headers } = await app.request('/unsayable')
    expect([status, headers.get('location'), headers.getSetCookie()]).toEqual([500, null, []])
    expect(errors).toMatchObject([{ code: 'ERR_NOT_SERIALIZABLE', path: 'data.note' }])
    expect(records.size).toBe(0)
  })

  it('because another request changed the same key is answered with 409', async () => {
    const { app } = application()
    const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let count = 0
    app.get('/meet/:note', async (c) => {
      arrived[count++]?.resolve()
      await Promise.all(arrived.map(({ promise }) => promise))
      c.var.session.data.note = c.req.param('note')
      return c.text('done')
    })
    await using server = await serve(app)
    const browser = server.browser()
    await browser.fetch('/count')
    const both = await Promise.all([browser.fetch('/meet/left'), browser.fetch('/meet/right')])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
    expect(both.map(({ headers }) => headers.getSetCookie())).toEqual([[], []])
  })
})
