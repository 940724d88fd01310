import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { startRedis } from '@leeway/testing'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import session, { type Store } from 'express-session'
import { Pool } from 'pg'
import { createClient } from 'redis'
import sessionFileStore from 'session-file-store'

// For the tests of this package: the stores that deployments come from, on what they run on.

/** What the stores of one kind run on. `open` makes an empty one. */
interface Ground extends AsyncDisposable {
  open(name: string): Promise<OldStoreUnderTest>
}

interface OldStoreUnderTest extends AsyncDisposable {
  readonly store: Store
  /** How many sessions are stored. */
  size(): Promise<number>
  /** From then on every call fails. */
  fail(): Promise<void>
}

export const grounds = {
  'connect-redis': onRedis,
  'connect-pg-simple': onPostgres,
  'session-file-store': onFiles,
} satisfies Record<string, () => Promise<Ground>>

async function onRedis(): Promise<Ground> {
  const redis = await startRedis()
  return {
    async open(name) {
      const client = createClient({ url: redis.url })
      await client.connect()
      const close = () => client.isOpen && client.destroy()
      return {
        store: new RedisStore({ client, prefix: `${name}:` }),
        size: async () => (await client.keys(`${name}:*`)).length,
        fail: async () => void close(),
        [Symbol.asyncDispose]: async () => void close(),
      }
    },
    [Symbol.asyncDispose]: () => redis.stop(),
  }
}

/** PostgreSQL itself, compiled to WebAssembly and served on a port. */
async function onPostgres(): Promise<Ground> {
  const db = await PGlite.create()
  const server = new PGLiteSocketServer({ db, port: 0, host: '127.0.0.1' })
  await server.start()
  return {
    async open() {
      const pool = new Pool({ connectionString: `postgres://postgres@${server.getServerConn()}/postgres`, max: 1 })
      const end = async () => (pool.ended ? undefined : pool.end())
      return {
        store: new (connectPgSimple(session))({
          pool,
          createTableIfMissing: true,
          pruneSessionInterval: false,
          errorLog: () => {},
        }),
        size: async () => Number((await pool.query('SELECT count(*) AS n FROM session')).rows[0].n),
        fail: end,
        async [Symbol.asyncDispose]() {
          await end()
          await db.exec('DROP TABLE IF EXISTS session')
        },
      }
    },
    async [Symbol.asyncDispose]() {
      await server.stop()
      await db.close()
    },
  }
}

async function onFiles(): Promise<Ground> {
  const directory = mkdtempSync(join(tmpdir(), 'leeway-old-files-'))
  return {
    async open(name) {
      const path = join(directory, name)
      const store = new (sessionFileStore(session))({ path, reapInterval: -1, retries: 0, logFn: () => {} })
      return {
        store,
        size: async () => readdirSync(path).filter((file) => file.endsWith('.json')).length,
        async fail() {
          rmSync(path, { recursive: true })
          writeFileSync(path, 'no directory any more')
        },
        async [Symbol.asyncDispose]() {},
      }
    },
    async [Symbol.asyncDispose]() {
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
