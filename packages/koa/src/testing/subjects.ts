import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionStore } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { type ManualClock, manualClock } from '@leeway/core/testing'
import { fileStore } from '@leeway/file'
import { redisStore } from '@leeway/redis'
import { sqliteStore } from '@leeway/sqlite'
import { startRedis } from '@leeway/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll } from 'vitest'
import { type KoaSessionStore, koaSessionStore, type StoredKoaSession } from '../lib/koa-session-store.ts'

export const leewayNames = ['leeway in memory', 'leeway on SQLite', 'leeway in files', 'leeway on Redis'] as const

/** What the suites run on: a store as koa-session's documentation has it, and leeway's. */
export const subjectNames = ['a Map', ...leewayNames] as const

export type SubjectName = (typeof subjectNames)[number]

export interface Subject {
  readonly store: Pick<KoaSessionStore, 'get' | 'set' | 'destroy'>
  readonly clock: ManualClock
  /** How many sessions there are. */
  count(): Promise<number>
}

/** Makes subjects for the tests of one file, each on a store of its own that is empty. */
export function subjects(): (name: SubjectName) => Subject {
  const scratch = mkdtempSync(join(tmpdir(), 'leeway-koa-'))
  const opened: KoaSessionStore[] = []
  let redis: Redis | undefined
  beforeAll(async () => {
    const server = await startRedis()
    redis = new Redis(server.url)
    return async () => {
      for (const store of opened) await store.close()
      redis?.disconnect()
      await server.stop()
    }
  })
  afterAll(() => rmSync(scratch, { recursive: true, force: true }))

  const backend = (name: SubjectName, clock: ManualClock): SessionStore => {
    const place = `test-${opened.length}`
    if (name === 'leeway in memory') return memoryStore()
    if (name === 'leeway on SQLite') return sqliteStore({ path: join(scratch, place) })
    if (name === 'leeway in files') return fileStore({ directory: join(scratch, place) })
    if (!redis) throw new Error('the Redis server has not been started yet')
    return redisStore({ client: redis, namespace: place, clock })
  }

  return (name) => {
    const clock = manualClock(Date.now())
    if (name === 'a Map') return { clock, ...mapStore() }
    const store = koaSessionStore({ store: backend(name, clock), clock })
    opened.push(store)
    return { store, clock, count: () => store.count() }
  }
}

/** The whole of what koa-session asks of a store: its set creates what is not there. */
function mapStore(): Omit<Subject, 'clock'> {
  const sessions = new Map<string, string>()
  return {
    store: {
      async get(key) {
        const text = sessions.get(key)
        return text === undefined ? undefined : (JSON.parse(text) as StoredKoaSession)
      },
      async set(key, session) {
        sessions.set(key, JSON.stringify(session))
      },
      async destroy(key) {
        sessions.delete(key)
      },
    },
    count: async () => sessions.size,
  }
}
