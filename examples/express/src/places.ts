import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionStore } from '@leeway/core'
import type { Clock } from '@leeway/core/testing'
import { fileStore } from '@leeway/file'
import { redisStore } from '@leeway/redis'
import { sqliteStore } from '@leeway/sqlite'
import { startRedis } from '@leeway/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll } from 'vitest'

export type StoreName = 'sqlite' | 'file' | 'redis'

export const storeNames: readonly StoreName[] = ['sqlite', 'file', 'redis']

/** Where one test keeps its sessions, and nothing else is. */
export interface Place {
  /** What the server program is told. */
  readonly environment: NodeJS.ProcessEnv
  /** What it says. */
  readonly path: string
  /** @param clock the one that core is given, where it is given one */
  open(clock?: Clock): SessionStore
  /** What a server that has ended may leave behind: its sessions, and no lock, log or connection. */
  readonly left: readonly string[]
  leftBehind(): Promise<string[]>
}

/** Places for the tests of one file: in a directory, and on a Redis server started for them. */
export function places(): (name: StoreName) => Place {
  const scratch = mkdtempSync(join(tmpdir(), 'leeway-example-'))
  afterAll(() => rmSync(scratch, { recursive: true, force: true }))
  let redis: Awaited<ReturnType<typeof startRedis>>
  beforeAll(async () => {
    redis = await startRedis({ args: ['--databases', '1000'] })
    return () => redis.stop()
  })
  let count = 0
  return (name) => {
    count++
    if (name === 'redis') {
      // A database each.
      const path = `${redis.url}/${count}`
      return {
        environment: { LEEWAY_STORE: 'redis', REDIS_URL: path },
        path,
        open: (clock) => storeAt(path, clock),
        left: [],
        leftBehind: async () =>
          String(await redis.command('CLIENT', 'LIST'))
            .split('\n')
            .filter((line) => line.includes(` db=${count} `)),
      }
    }
    const directory = join(scratch, String(count))
    const [left, variable] = name === 'sqlite' ? ['sessions.db', 'LEEWAY_DB'] : ['sessions', 'LEEWAY_DIR']
    const path = join(directory, left)
    return {
      environment: { LEEWAY_STORE: name, [variable]: path },
      path,
      open() {
        mkdirSync(directory, { recursive: true })
        return name === 'sqlite' ? sqliteStore({ path }) : fileStore({ directory: path })
      },
      left: [left],
      leftBehind: async () => readdirSync(directory),
    }
  }
}

/** A store with a client of its own. */
function storeAt(url: string, clock?: Clock): SessionStore {
  const client = new Redis(url)
  const store = redisStore({ client, clock })
  return {
    ...store,
    async close() {
      await store.close()
      client.disconnect()
    },
  }
}
