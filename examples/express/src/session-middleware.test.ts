import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSessions, LeewayError, type SessionStore } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import express, { type ErrorRequestHandler, type Express } from 'express'
import { afterEach, expect, test } from 'vitest'
import { logout, sessionMiddleware, sessionOf } from './session-middleware.ts'

const cookie = { name: 'id', secure: false }
const running: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})

interface Note {
  note: string
}

/** An application of a few routes behind the middleware, over HTTP. */
async function serve(routes: (app: Express) => void, store: SessionStore = memoryStore()) {
  const sessions = createSessions<Note>({ store, initialData: () => ({ note: '' }) })
  const app = express()
  app.use((_request, response, next) => {
    response.set('X-Content-Type-Options', 'nosniff')
    next()
  })
  app.use(sessionMiddleware(sessions, cookie))
  app.get('/note', (request, response) => {
    response.send(sessionOf<Note>(request).data.note)
  })
  routes(app)
  app.use(((error, _request, response, _next) => {
    response.status(500).send(`failed: ${error.message}`)
  }) satisfies ErrorRequestHandler)
  const server = createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  running.push(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
    await sessions.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const get = (path: string, token = '') => fetch(url + path, { headers: { cookie: token }, redirect: 'manual' })
  return { get }
}

const tokenIn = (response: Response) => response.headers.getSetCookie()[0]?.split(';')[0] ?? ''

test('a redirect goes out once the session is stored (express-session #360)', async () => {
  const inner = memoryStore()
  const order: string[] = []
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const begun = Promise.withResolvers<void>()
  const store: SessionStore = {
    ...inner,
    async create(session) {
      begun.resolve()
      await held
      order.push('stored')
      return inner.create(session)
    },
  }
  const { get } = await serve((app) => {
    app.get('/write', (request, response) => {
      sessionOf<Note>(request).data.note = 'written'
      response.redirect('/note')
    })
  }, store)
  const answer = get('/write').then((response) => {
    order.push('answered')
    return response
  })
  await begun.promise
  // A whole round trip, in which an answer that did not wait would have arrived.
  await get('/note')
  expect(order).toEqual([])
  release()
  const response = await answer
  expect(order).toEqual(['stored', 'answered'])
  expect(response.status).toBe(302)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('vary')).toContain('Cookie')
  expect(await (await get('/note', tokenIn(response))).text()).toBe('written')
})

test('a request that changes nothing gets no cookie', async () => {
  const { get } = await serve(() => {})
  expect((await get('/note')).headers.getSetCookie()).toEqual([])
})

test('the cookie is sent once, not with every answer', async () => {
  const { get } = await serve((app) => {
    app.get('/write', (request, response) => {
      sessionOf<Note>(request).data.note += 'x'
      response.send('done')
    })
  })
  const token = tokenIn(await get('/write'))
  const again = await get('/write', token)
  expect(again.headers.getSetCookie()).toEqual([])
  expect(await (await get('/note', token)).text()).toBe('xx')
})

test('a handler that fails after its answer does not take the cookie with it', async () => {
  const { get } = await serve((app) => {
    app.get('/write', (request, response) => {
      sessionOf<Note>(request).data.note = 'written'
      response.send('done')
      throw new Error('too late')
    })
  })
  const response = await get('/write')
  expect(response.status).toBe(500)
  expect(await response.text()).toBe('failed: too late')
  expect(await (await get('/note', tokenIn(response))).text()).toBe('written')
})

test('a save that the store refuses is answered with 503, without a cookie or a redirect', async () => {
  const store: SessionStore = {
    ...memoryStore(),
    create: () => Promise.reject(new LeewayError('ERR_STORE_FAILED', 'the disk is full')),
  }
  const { get } = await serve((app) => {
    app.get('/write', (request, response) => {
      sessionOf<Note>(request).data.note = 'written'
      response.redirect('/note')
    })
  }, store)
  const response = await get('/write')
  expect(response.status).toBe(503)
  expect(response.headers.get('location')).toBeNull()
  expect(response.headers.getSetCookie()).toEqual([])
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(await response.json()).toEqual({ error: 'sessions are unavailable, please try again' })
})

test('data that cannot be stored is the error handler’s, not 503', async () => {
  const { get } = await serve((app) => {
    app.get('/write', (request, response) => {
      sessionOf<{ note: unknown }>(request).data.note = new Map()
      response.send('done')
    })
  })
  const response = await get('/write')
  expect(response.status).toBe(500)
  expect(await response.text()).toContain('data.note')
})

test('a key that two requests changed differently is answered with 409', async () => {
  const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let requests = 0
  const { get } = await serve((app) => {
    app.get('/write/:note', async (request, response) => {
      sessionOf<Note>(request).data.note = request.params.note
      response.send('done')
    })
    app.get('/both/:note', async (request, response) => {
      arrived[requests++]?.resolve()
      await Promise.all(arrived.map(({ promise }) => promise))
      sessionOf<Note>(request).data.note = request.params.note
      response.send('done')
    })
  })
  const token = tokenIn(await get('/write/first'))
  const answers = await Promise.all([get('/both/one', token), get('/both/two', token)])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
})

test('an answer that has begun is cut off when its session cannot be saved', async () => {
  const store: SessionStore = {
    ...memoryStore(),
    create: () => Promise.reject(new LeewayError('ERR_STORE_FAILED', 'the disk is full')),
  }
  const { get } = await serve((app) => {
    app.get('/stream', (request, response) => {
      sessionOf<Note>(request).data.note = 'written'
      response.write('a part')
      response.end()
    })
  }, store)
  await expect(get('/stream').then((response) => response.text())).rejects.toThrow()
})

test('logging out sends one cookie, which clears it', async () => {
  const { get } = await serve((app) => {
    app.get('/write', (request, response) => {
      sessionOf<Note>(request).data.note = 'written'
      response.send('done')
    })
    app.get('/logout', async (request, response) => {
      await logout(request, response, cookie)
      response.redirect('/note')
    })
  })
  const token = tokenIn(await get('/write'))
  const response = await get('/logout', token)
  expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^id=;.*Max-Age=0/)])
  expect(await (await get('/note', token)).text()).toBe('')
})
