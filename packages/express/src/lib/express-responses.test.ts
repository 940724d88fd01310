import { createHash, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { createSessions } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import compression from 'compression'
import express, { type Express, type RequestHandler } from 'express'
import express4 from 'express-4'
import { describe, expect, it } from 'vitest'
import { expressSessions } from './express-sessions.ts'
import { Browser, listening } from './testing-frameworks.ts'
import { faulty } from './testing-stores.ts'

const file = fileURLToPath(import.meta.url)
const long = randomBytes(100_000).toString('hex')

/** How Express answers. Each handler runs after the session was written to. */
const answers: Record<string, RequestHandler> = {
  send: (_request, response) => void response.send(long),
  json: (_request, response) => void response.json({ long }),
  redirect: (_request, response) => response.redirect('/note'),
  sendStatus: (_request, response) => void response.sendStatus(202),
  sendFile: (_request, response) => response.sendFile(file),
  download: (_request, response) => response.download(file),
  'writes, some later': async (_request, response) => {
    response.write(long)
    response.write(long)
    await new Promise(setImmediate)
    response.write('more')
    response.end('the end')
  },
  'events that are flushed': async (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
    for (const n of [1, 2, 3]) {
      response.write(`data: ${n}\n\n`)
      await new Promise(setImmediate)
    }
    response.end()
  },
}

const layouts: Record<string, (app: Express, middleware: RequestHandler) => void> = {
  'without compression': (app, middleware) => app.use(middleware),
  'after compression': (app, middleware) => app.use(compression({ threshold: 0 }), middleware),
  'before compression': (app, middleware) => app.use(middleware, compression({ threshold: 0 })),
}

const cases = Object.entries({ 'Express 5': express, 'Express 4': express4 }).flatMap(([framework, create]) =>
  Object.entries(layouts).map(([layout, mount]) => ({ framework, create, layout, mount })),
)

describe.each(cases)('in $framework $layout', ({ create, mount }) => {
  async function serve() {
    const backend = faulty(memoryStore())
    const sessions = createSessions({ store: backend.store, initialData: () => ({ note: '' }) })
    const { middleware, sessionOf } = expressSessions(sessions, { secure: false })
    const app = create().set('env', 'test')
    mount(app, middleware)
    app.get('/note', (request, response) => {
      response.send(sessionOf(request).data.note)
    })
    app.get('/plain/:how', (request, response, next) => answers[request.params.how]?.(request as never, response, next))
    app.get('/write/:how', (request, response, next) => {
      sessionOf(request).data.note = request.params.how
      return answers[request.params.how]?.(request as never, response, next)
    })
    const server = await listening(app)
    return {
      backend,
      browser: () => new Browser(server.url),
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]()
        await sessions.close()
      },
    }
  }

  it.each(Object.keys(answers))('%s brings the cookie, and the same body as without a session', async (how) => {
    await using server = await serve()
    const [plain, written] = [server.browser(), server.browser()]
    const [expected, response] = [await plain.get(`/plain/${how}`), await written.get(`/write/${how}`)]
    const hash = async (from: Response) =>
      createHash('sha1')
        .update(await from.text())
        .digest('hex')
    expect([response.status, await hash(response)]).toEqual([expected.status, await hash(expected)])
    for (const header of ['content-encoding', 'content-type', 'content-length', 'location', 'etag']) {
      expect([header, response.headers.get(header)]).toEqual([header, expected.headers.get(header)])
    }
    expect(response.headers.get('cache-control')).toMatch(/no-store/)
    expect([plain.cookie, await written.text('/note')]).toEqual(['', how])
  })

  it.each(Object.keys(answers))(
    '%s whose session cannot be saved is 503, whole, and the connection lives on',
    async (how) => {
      await using server = await serve()
      const browser = server.browser()
      server.backend.failNext('create')
      const response = await browser.get(`/write/${how}`)
      expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
      expect(await response.text()).toMatch(/<title>Error<\/title>|^sessions are unavailable, please try again\n$/)
      expect((await browser.get(`/write/${how}`)).status).toBeLessThan(400)
      expect(await browser.text('/note')).toBe(how)
    },
  )

  it('a page that has not changed is 304, with the cookie of a new session', async () => {
    await using server = await serve()
    const browser = server.browser()
    const etag = (await browser.get('/plain/send')).headers.get('etag') ?? ''
    const response = await browser.get('/write/send', { 'If-None-Match': etag, 'Cache-Control': 'max-age=0' })
    expect([response.status, await response.text()]).toEqual([304, ''])
    expect(await browser.text('/note')).toBe('send')
  })

  it('HEAD is answered as GET, without the body', async () => {
    await using server = await serve()
    const browser = server.browser()
    const response = await browser.get('/write/send', {}, 'HEAD')
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(await browser.text('/note')).toBe('send')
  })
})
