import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionStore } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { fileStore } from '@leeway/file'
import { redisStore } from '@leeway/redis'
import { sqliteStore } from '@leeway/sqlite'
import { startRedis } from '@leeway/testing'
import { RedisStore } from 'connect-redis'
import session, { type Store } from 'express-session'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { expressSessionStore } from '../express-session-store.ts'

// For the tests of this package: the stores whose behaviour is compared.

export const kinds = [
  'MemoryStore',
  'connect-redis',
  'leeway on memory',
  'leeway on SQLite',
  'leeway on files',
  'leeway on Redis',
] as const
export type Kind = (typeof kinds)[number]

export const isLeeway = (kind: Kind) => kind.startsWith('leeway')

export interface Backend {
  readonly store: Store
  /** From then on every call fails. */
  fail(): Promise<void>
}

/** Opens backends for the tests of a file, and closes them after each. */
export function backends(): (kind: Kind) => Promise<Backend> {
  const directory = mkdtempSync(join(tmpdir(), 'leeway-express-'))
  const opened: (() => unknown)[] = []
  let redis: Awaited<ReturnType<typeof startRedis>> | undefined
  let count = 0
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterEach(async () => {
    for (const close of opened.splice(0)) await close()
  })
  afterAll(async () => {
    await redis?.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  const url = () => redis?.url ?? ''

  function onLeeway(store: SessionStore): Backend {
    const leeway = expressSessionStore({ store })
    opened.push(() => leeway.close())
    return { store: leeway, fail: () => leeway.close() }
  }

  const open: Record<Kind, (name: string) => Backend | Promise<Backend>> = {
    MemoryStore: () => {
      const store = new session.MemoryStore()
      const fail = async () => {
        for (const method of ['get', 'set', 'touch', 'destroy'] as const) {
          store[method] = (...args: unknown[]) => {
            const callback = args.at(-1)
            if (typeof callback === 'function') setImmediate(() => callback(new Error('the store is closed')))
          }
        }
      }
      return { store, fail }
    },
    'connect-redis': async (name) => {
      const client = createClient({ url: url() })
      await client.connect()
      opened.push(() => client.isOpen && client.destroy())
      return { store: new RedisStore({ client, prefix: `${name}:` }), fail: async () => client.destroy() }
    },
    'leeway on memory': () => onLeeway(memoryStore()),
    'leeway on SQLite': (name) => onLeeway(sqliteStore({ path: join(directory, `${name}.db`) })),
    'leeway on files': (namespace) => onLeeway(fileStore({ directory, namespace })),
    'leeway on Redis': (namespace) => {
      const client = new Redis(url())
      const backend = onLeeway(redisStore({ client, namespace }))
      opened.push(() => client.quit())
      return backend
    },
  }
  return async (kind) => open[kind](`test-${count++}`)
}
