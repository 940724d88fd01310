import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import express, { type Request } from 'express'
import session, { type Store } from 'express-session'
import { type Application, listening } from './application.ts'
import { Holds } from './holds.ts'
import { route, type Visit } from './routes.ts'

/** @param options of express-session, beside the usual ones */
export function serveExpressSession(
  store: Store,
  close: () => Promise<unknown>,
  options: Partial<session.SessionOptions> = {},
): Promise<Application> {
  const holds = new Holds()
  const app = express()
  app.use(session({ store, secret: 'races', resave: false, saveUninitialized: false, ...options }))
  app.use(async (request, response) => {
    const { status, headers, body } = await route(request.url, visitOf(request), holds)
    response.status(status).set(headers)
    if (typeof body === 'string') response.send(body)
    else Readable.from(body).pipe(response)
  })
  return listening(createServer(app), holds, close)
}

function visitOf(request: Request): Visit | undefined {
  if (request.session === undefined) return undefined
  const data = () => request.session as unknown as Record<string, unknown>
  const called = (name: 'regenerate' | 'destroy') =>
    new Promise<void>((resolve, reject) => {
      request.session[name]((error: unknown) => (error ? reject(error) : resolve()))
    })
  return {
    owner: () => data().owner,
    data,
    async login(owner) {
      await called('regenerate')
      data().owner = owner
    },
    logout: () => called('destroy'),
    // What its users do, for want of a rotation: a new session with the same data.
    async rotate() {
      const { cookie, ...kept } = data()
      await called('regenerate')
      Object.assign(data(), kept)
    },
  }
}
