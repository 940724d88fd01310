import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionStore } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { fileStore } from '@leeway/file'
import { redisStore } from '@leeway/redis'
import { sqliteStore } from '@leeway/sqlite'
import { startRedis } from '@leeway/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll } from 'vitest'

export const storeNames = ['memory', 'sqlite', 'file', 'redis'] as const

export type StoreName = (typeof storeNames)[number]

/** Opens stores for the tests of one file, each empty: in a directory, and on a Redis server started for them. */
export function stores(): (name: StoreName) => SessionStore {
  const scratch = mkdtempSync(join(tmpdir(), 'leeway-hono-'))
  afterAll(() => rmSync(scratch, { recursive: true, force: true }))
  let redisUrl = ''
  const clients: Redis[] = []
  beforeAll(async () => {
    const server = await startRedis()
    redisUrl = server.url
    return async () => {
      for (const client of clients) client.disconnect()
      await server.stop()
    }
  })
  let count = 0
  return (name) => {
    const place = `test-${++count}`
    if (name === 'memory') return memoryStore()
    if (name === 'sqlite') return sqliteStore({ path: join(scratch, place) })
    if (name === 'file') return fileStore({ directory: join(scratch, place) })
    const client = new Redis(redisUrl)
    clients.push(client)
    return redisStore({ client, namespace: place })
  }
}
