// Ways to keep a counter per visitor in an Express application.
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createSessions, type SessionStore } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { expressSessions } from '@leeway/express'
import { fileStore } from '@leeway/file'
import { redisStore } from '@leeway/redis'
import { sqliteStore } from '@leeway/sqlite'
import Database from 'better-sqlite3'
import { RedisStore } from 'connect-redis'
import express, { type Request, type RequestHandler, type Response } from 'express'
import session, { type Store } from 'express-session'
import { Redis } from 'ioredis'
import { getIronSession } from 'iron-session'
import { createClient } from 'redis'

/** Where a server keeps what it stores. */
export interface Place {
  readonly directory: string
  readonly redisUrl: string
}

/** How requests reach their counter. */
interface Counter {
  readonly middleware?: RequestHandler
  increment(request: Request, response: Response): number | Promise<number>
  read(request: Request, response: Response): number | Promise<number>
}

const require = createRequire(import.meta.url)
const secret = 'a secret of more than thirty-two characters'

export const onExpress: Record<string, (place: Place) => Counter | Promise<Counter>> = {
  'Express, no session': noSession,
  'leeway, memory': () => leeway(memoryStore()),
  'leeway, SQLite': ({ directory }) => leeway(sqliteStore({ path: join(directory, 'leeway.db') })),
  'leeway, files': ({ directory }) => leeway(fileStore({ directory: join(directory, 'leeway') })),
  'leeway, Redis': ({ redisUrl }) => leeway(redisStore({ client: new Redis(redisUrl) })),
  'express-session, MemoryStore': () => expressSession(new session.MemoryStore()),
  'express-session, better-sqlite3-session-store': ({ directory }) => {
    const client = new Database(join(directory, 'peer.db'))
    client.pragma('journal_mode = WAL')
    const SqliteStore = require('better-sqlite3-session-store')(session)
    return expressSession(new SqliteStore({ client }))
  },
  'express-session, session-file-store': ({ directory }) => {
    const path = join(directory, 'peer')
    mkdirSync(path)
    const FileStore = require('session-file-store')(session)
    return expressSession(new FileStore({ path, logFn: () => {} }))
  },
  'express-session, connect-redis': async ({ redisUrl }) =>
    expressSession(new RedisStore({ client: await createClient({ url: redisUrl }).connect() })),
  'iron-session': ironSession,
}

/** Listens on a free loopback port, which it resolves with. */
export async function listenWithExpress(name: string, place: Place): Promise<number> {
  const counter = await onExpress[name]?.(place)
  if (!counter) throw new Error(`there is no ${name}`)
  const app = express()
  if (counter.middleware) app.use(counter.middleware)
  app.get('/increment', async (request, response) => {
    response.json({ n: await counter.increment(request, response) })
  })
  app.get('/read', async (request, response) => {
    response.json({ n: await counter.read(request, response) })
  })
  return new Promise((resolve, reject) => {
    const server = app.listen(0, '127.0.0.1', (error) => {
      const address = server.address()
      if (error || address === null || typeof address === 'string') reject(error)
      else resolve(address.port)
    })
  })
}

function noSession(): Counter {
  let n = 0
  return { increment: () => ++n, read: () => n }
}

function leeway(store: SessionStore): Counter {
  const sessions = createSessions({ store, initialData: () => ({ n: 0 }) })
  const { middleware, sessionOf } = expressSessions(sessions, { secure: false })
  return {
    middleware,
    increment: (request) => ++sessionOf(request).data.n,
    read: (request) => sessionOf(request).data.n,
  }
}

function expressSession(store: Store): Counter {
  const data = (request: Request) => request.session as unknown as { n?: number }
  return {
    middleware: session({ store, secret, resave: false, saveUninitialized: false }),
    increment: (request) => {
      const held = data(request)
      held.n = (held.n ?? 0) + 1
      return held.n
    },
    read: (request) => data(request).n ?? 0,
  }
}

function ironSession(): Counter {
  const open = (request: Request, response: Response) =>
    getIronSession<{ n?: number }>(request, response, {
      cookieName: 'iron',
      password: secret,
      cookieOptions: { secure: false },
    })
  return {
    increment: async (request, response) => {
      const held = await open(request, response)
      held.n = (held.n ?? 0) + 1
      await held.save()
      return held.n
    },
    read: async (request, response) => (await open(request, response)).n ?? 0,
  }
}
