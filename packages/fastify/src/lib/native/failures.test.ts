import { Readable } from 'node:stream'
import { isLeewayError } from '@leeway/core'
import { describe, expect, it } from 'vitest'
import { application } from './testing-application.ts'

const UNAVAILABLE = 'sessions are unavailable, please try again'
const OVERTAKEN = 'another request got there first, please try again'

describe('where the store fails', () => {
  it('to open the session, the answer is 503 and the cookie stays', async () => {
    await using server = await application()
    const browser = server.browser()
    await browser.fetch('/write/1')
    await server.sessions.close()
    const response = await browser.fetch('/read')
    expect(response.status).toBe(503)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await response.json()).toEqual({
      statusCode: 503,
      code: 'ERR_STORE_CLOSED',
      error: 'Service Unavailable',
      message: UNAVAILABLE,
    })
  })

  it('to save it, the answer is 503 in place of the handler’s, redirect and all', async () => {
    await using server = await application((app, { sessionOf, sessions }) => {
      app.get('/save', async (request, reply) => {
        sessionOf(request).data.n = 1
        await sessions.close()
        return reply.header('ETag', '"1"').header('Content-Encoding', 'gzip').redirect('/read', 303)
      })
    })
    const response = await server.browser().fetch('/save')
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ message: UNAVAILABLE })
    const left = ['location', 'etag', 'content-encoding', 'set-cookie'].map((name) => response.headers.get(name))
    expect(left).toEqual([null, null, null, null])
  })

  it.each(['a stream', 'a web stream', 'a response of fetch'])('to save it, %s is not left open', async (how) => {
    const closed = Promise.withResolvers<void>()
    await using server = await application((app, { sessionOf, backend }) => {
      app.get('/save', (request, reply) => {
        sessionOf(request).data.n = 1
        backend.failNext('create')
        const web = new ReadableStream({ cancel: () => closed.resolve() })
        if (how === 'a web stream') return reply.send(web)
        if (how === 'a response of fetch') return reply.send(new Response(web))
        return reply.type('image/png').send(new Readable({ read() {} }).on('close', closed.resolve))
      })
    })
    const response = await server.browser().fetch('/save')
    expect([response.status, response.headers.get('content-type')]).toEqual([503, 'application/json; charset=utf-8'])
    await closed.promise
  })

  it('to store what cannot be stored, no cache keeps the answer', async () => {
    await using server = await application((app, { sessionOf }) => {
      app.get('/save', async (request, reply) => {
        sessionOf(request).data.a = new Map()
        return reply.header('Cache-Control', 'public, max-age=3600').send('saved')
      })
    })
    const response = await server.browser().fetch('/save')
    expect([response.status, response.headers.get('cache-control')]).toEqual([500, null])
  })

  it('to save it after a login, the answer brings the new cookie: the old one is dead', async () => {
    await using server = await application((app, { sessionOf, backend }) => {
      app.get('/login-only', async (request, reply) => {
        const session = sessionOf(request)
        await session.login('alice')
        session.data.a = 'lost'
        backend.failNext('update')
        return reply.redirect('/read', 303)
      })
    })
    const browser = server.browser()
    await browser.fetch('/write/1')
    const response = await browser.fetch('/login-only')
    expect([response.status, response.headers.getSetCookie().length]).toEqual([503, 1])
    expect(await browser.json('/read')).toEqual({ n: 0, a: '1', owner: 'alice' })
  })

  it('error handlers are given the error, with its code and a message for the visitor', async () => {
    const seen: unknown[] = []
    await using server = await application((app, { sessionOf, sessions }) => {
      app.setErrorHandler((error, _request, reply) => {
        seen.push(error)
        return reply.send('handled')
      })
      app.get('/save', async (request) => {
        sessionOf(request).data.n = 1
        await sessions.close()
        return 'saved'
      })
    })
    const response = await server.browser().fetch('/save')
    expect([response.status, await response.text()]).toEqual([503, 'handled'])
    const [error] = seen
    if (!isLeewayError(error)) throw error
    expect([error.code, error.message]).toEqual(['ERR_STORE_CLOSED', UNAVAILABLE])
    expect(error.stack).toContain('closed')
  })

  it('to open the session, an error handler that asks for it meets the same error', async () => {
    await using server = await application((app, { sessionOf }) => {
      app.setErrorHandler((error: Error, request, reply) => {
        sessionOf(request).data.a = error.message
        return reply.redirect('/read', 303)
      })
      app.get('/form', async () => 'form')
    })
    const browser = server.browser()
    await browser.fetch('/write/1')
    await server.sessions.close()
    const response = await browser.fetch('/form')
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ code: 'ERR_STORE_CLOSED', message: UNAVAILABLE })
  })

  it('requests go on without a session if that is asked for', async () => {
    await using server = await application(
      (app, { sessionOf }) => {
        app.get('/maybe', async (request) => ({ session: sessionOf(request) === undefined ? 'none' : 'one' }))
      },
      { onStoreFailure: 'anonymous' },
    )
    const browser = server.browser()
    await browser.fetch('/write/1')
    await server.sessions.close()
    const response = await browser.fetch('/maybe')
    expect([response.status, await response.json()]).toEqual([200, { session: 'none' }])
    expect(response.headers.getSetCookie()).toEqual([])
  })
})

describe('where another request got there first', () => {
  it('the answer is 409, whether the save at the end found out or the handler', async () => {
    await using server = await application((app, { sessionOf, sessions }) => {
      app.get<{ Querystring: { early?: string } }>('/late', async (request) => {
        const session = sessionOf(request)
        const other = await sessions.open(request.headers.cookie?.split('=')[1])
        other.data.n++
        await other.save()
        session.data.n += 10
        if (request.query.early) await session.save()
        return 'overwritten'
      })
    })
    const browser = server.browser()
    await browser.fetch('/write/1')
    for (const path of ['/late', '/late?early=1']) {
      const response = await browser.fetch(path)
      expect([response.status, response.headers.get('cache-control')]).toEqual([409, 'no-store'])
      expect(await response.json()).toMatchObject({ message: OVERTAKEN, code: 'ERR_CONFLICT' })
    }
    expect(await browser.json('/read')).toMatchObject({ n: 2 })
  })
})

describe('a handler that throws', () => {
  it('has nothing saved', async () => {
    await using server = await application((app, { sessionOf }) => {
      app.get('/throw', async (request) => {
        sessionOf(request).data.a = 'half done'
        throw new Error('in the middle')
      })
      app.get('/sent', async (request, reply) => {
        sessionOf(request).data.a = 'half done'
        return reply.code(400).send(new Error('sent'))
      })
    })
    const browser = server.browser()
    for (const [path, status] of [
      ['/throw', 500],
      ['/sent', 400],
    ] as const) {
      const response = await browser.fetch(path)
      expect([response.status, response.headers.getSetCookie()]).toEqual([status, []])
    }
    expect(server.records.size).toBe(0)
  })

  it('after a login brings the new cookie', async () => {
    await using server = await application((app, { sessionOf }) => {
      app.get('/login-throw', async (request) => {
        await sessionOf(request).login('alice')
        throw new Error('after the login')
      })
    })
    const browser = server.browser()
    const response = await browser.fetch('/login-throw')
    expect([response.status, response.headers.getSetCookie().length]).toEqual([500, 1])
    expect(await browser.json('/read')).toMatchObject({ owner: 'alice' })
  })

  it('has saved what an error handler that goes on has put into the session', async () => {
    await using server = await application((app, { sessionOf }) => {
      app.setErrorHandler((error: Error, request, reply) => {
        sessionOf(request).data.a = error.message
        return reply.redirect('/read', 303)
      })
      app.get('/form', async () => {
        throw new Error('the date is missing')
      })
    })
    const browser = server.browser()
    expect((await browser.fetch('/form')).status).toBe(303)
    expect(await browser.json('/read')).toMatchObject({ a: 'the date is missing' })
  })
})

it('data that cannot be stored is answered with 500, and no redirect', async () => {
  await using server = await application((app, { sessionOf }) => {
    app.get('/date', async (request, reply) => {
      sessionOf(request).data.a = new Date(0)
      return reply.redirect('/read', 303)
    })
  })
  const response = await server.browser().fetch('/date')
  expect([response.status, response.headers.get('location')]).toEqual([500, null])
  expect(await response.json()).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' })
})

it('an onSend hook that throws leaves a login its cookie', async () => {
  await using server = await application((app, { sessionOf }) => {
    app.addHook('onSend', async (request) => {
      if (request.url === '/login-hook') throw new Error('in a hook')
    })
    app.get('/login-hook', async (request) => {
      await sessionOf(request).login('alice')
      return 'welcome'
    })
  })
  const browser = server.browser()
  const response = await browser.fetch('/login-hook')
  expect([response.status, response.headers.getSetCookie().length]).toEqual([500, 1])
  expect(await browser.json('/read')).toMatchObject({ owner: 'alice' })
})
