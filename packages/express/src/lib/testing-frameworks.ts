import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSessions } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { type ManualClock, manualClock } from '@leeway/core/testing'
import connect from 'connect'
import express from 'express'
import express4 from 'express-4'
import { type ExpressSessions, expressSessions } from './express-sessions.ts'
import { type FaultyStore, faulty } from './testing-stores.ts'

// For the tests of this package: the same handlers over HTTP, in each framework.

interface Data {
  note: unknown
}
type Next = (error?: unknown) => void
export type Handler = (request: IncomingMessage, response: ServerResponse, next: Next) => unknown
type ErrorHandler = (error: unknown, request: IncomingMessage, response: ServerResponse, next: Next) => unknown

export interface Application {
  readonly listener: RequestListener
  /** Mounts a handler under a path. */
  use(path: string, handler: Handler): void
  onError(handler: ErrorHandler): void
}

/** What Express and Connect have in common. */
function application(app: express.Express | connect.Server): Application {
  const mount = (...args: unknown[]): unknown => Reflect.apply(app.use, app, args)
  return {
    listener: app,
    use: (path, handler) => mount(path, handler),
    // Told by its four parameters.
    onError: (handler) =>
      mount((error: unknown, request: IncomingMessage, response: ServerResponse, next: Next) =>
        handler(error, request, response, next),
      ),
  }
}

/** Without the log of what fails: the tests look at the answers. */
function quiet(app: express.Express): express.Express {
  return app.set('env', 'test')
}

export const frameworks: Record<string, () => Application> = {
  'Express 5': () => application(quiet(express())),
  'Express 4': () => application(quiet(express4())),
  Connect: () => application(connect()),
}

export interface Served extends AsyncDisposable, FaultyStore {
  readonly url: string
  readonly port: number
  readonly clock: ManualClock
  /** A visitor whose browser keeps the cookie, and does not follow redirects. */
  browser(): Browser
}

export type Sessions = ExpressSessions<Data, IncomingMessage, 'fail'>

/** Serves what `mount` mounts, and `/note`, which shows what is stored. */
export async function serve(framework: string, mount: (app: Application, sessions: Sessions) => void): Promise<Served> {
  const clock = manualClock()
  const backend = faulty(memoryStore())
  const sessions = createSessions<Data>({ store: backend.store, initialData: () => ({ note: '' }), clock })
  const bound = expressSessions<Data, IncomingMessage>(sessions, { name: 'sid', secure: false, clock })
  const app = frameworks[framework]?.()
  if (!app) throw new Error(`there is no framework ${framework}`)
  mount(app, bound)
  app.use('/note', (request, response) => {
    const { owner, data } = bound.sessionOf(request)
    response.end(`${owner}: ${data.note}`)
  })
  const server = await listening(app.listener)
  return {
    ...backend,
    clock,
    url: server.url,
    port: server.port,
    browser: () => new Browser(server.url),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await sessions.close()
    },
  }
}

/** A server on a free port, until disposed of. */
export async function listening(listener: RequestListener) {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

export class Browser {
  cookie = ''
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
    const given = this.cookie === '' ? headers : { cookie: this.cookie, ...headers }
    const response = await fetch(this.#url + path, { method, headers: given, redirect: 'manual' })
    for (const header of response.headers.getSetCookie()) {
      const expires = /Expires=([^;]+)/.exec(header)?.[1]
      const isOver = header.includes('Max-Age=0') || (expires !== undefined && Date.parse(expires) <= Date.now())
      this.cookie = isOver ? '' : (header.split(';')[0] ?? '')
    }
    // express-session sends all but the last byte before it has saved (#360).
    await response.clone().arrayBuffer()
    return response
  }

  async text(path: string): Promise<string> {
    return (await this.get(path)).text()
  }
}
