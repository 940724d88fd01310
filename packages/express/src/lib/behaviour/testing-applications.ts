import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import session, { type SessionData, type SessionOptions } from 'express-session'
import { Browser, listening } from '../testing-frameworks.ts'
import type { Backend } from './testing-backends.ts'

// For the tests of this package: applications with express-session.

declare module 'express-session' {
  interface SessionData {
    note?: unknown
    user?: string
    a?: unknown
    b?: unknown
  }
}

export interface Served extends AsyncDisposable {
  readonly url: string
  readonly port: number
  browser(): Browser
  /** What the error handler was given. */
  readonly errors: unknown[]
}

/** Serves what `mount` mounts, and `/show`, which answers with the id and the session as JSON. */
export async function serve(
  { store }: Pick<Backend, 'store'>,
  options: Partial<SessionOptions> = {},
  mount: (app: Express) => void = () => {},
): Promise<Served> {
  const errors: unknown[] = []
  const app = express().set('env', 'test')
  app.use(session({ store, secret: 'first', resave: false, saveUninitialized: false, ...options }))
  app.get('/set', (request, response) => {
    request.session.note = request.query.note ?? 'written'
    response.send('set')
  })
  app.get('/show', (request, response) => {
    response.json({ id: request.sessionID, session: request.session })
  })
  mount(app)
  app.use(((error, _request, response, next) => {
    errors.push(error)
    if (response.headersSent) return
    next(error)
  }) satisfies ErrorRequestHandler)
  const server = await listening(app)
  return { ...server, errors, browser: () => new Browser(server.url) }
}

export interface Shown {
  readonly id: string
  readonly session: SessionData
}

export async function shown(browser: Browser): Promise<Shown> {
  return (await (await browser.get('/show')).json()) as Shown
}

/** A handler that answers once it is done, and passes on what fails. */
export function route(handler: (...args: Parameters<RequestHandler>) => unknown): RequestHandler {
  return async (request, response, next) => {
    const answer = await handler(request, response, next)
    if (!response.writableEnded) response.send(String(answer))
  }
}

/** A call with a callback, awaited. */
export function called<T = void>(start: (callback: (error?: unknown, value?: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error) reject(error)
      else resolve(value as T)
    })
  })
}

/** The cookies of an answer: their attributes in order, and for how many seconds the browser keeps each. */
export function cookiesOf(response: Response): { attributes: string; keptS: number | undefined }[] {
  return response.headers.getSetCookie().map((header) => {
    const [, ...attributes] = header.split('; ')
    const expires = attributes.find((one) => one.startsWith('Expires='))?.slice('Expires='.length)
    return {
      attributes: attributes.filter((one) => !one.startsWith('Expires=')).join('; '),
      keptS: expires === undefined ? undefined : Math.round((Date.parse(expires) - Date.now()) / 1000),
    }
  })
}
