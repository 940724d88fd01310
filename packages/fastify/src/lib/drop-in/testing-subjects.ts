import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import session, { type SessionStore } from '@fastify/session'
import { memoryStore } from '@leeway/core/memory'
import type { DropInOptions } from '@leeway/core/records'
import { fileStore } from '@leeway/file'
import { redisStore } from '@leeway/redis'
import { sqliteStore } from '@leeway/sqlite'
import { RedisStore } from 'connect-redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { fastifySessionStore } from './fastify-session-store.ts'

// For the tests of this package: the stores whose behaviour under @fastify/session is compared.

export interface Opened {
  readonly store: SessionStore
  /** Cuts the store off from what it stores in, as far as it has something of the kind. */
  breakDown(): Promise<void>
  close(): Promise<void>
}

export interface Subject {
  readonly name: string
  readonly isLeeway: boolean
  open(redisUrl: string): Promise<Opened>
}

let opened = 0

const onLeeway = (name: string, backend: (redisUrl: string) => Promise<Backend>): Subject => ({
  name: `leeway on ${name}`,
  isLeeway: true,
  async open(redisUrl) {
    const { store: backing, release } = await backend(redisUrl)
    const store = fastifySessionStore({ store: backing })
    return {
      store,
      breakDown: () => store.close(),
      async close() {
        await store.close()
        await release()
      },
    }
  },
})

interface Backend {
  readonly store: DropInOptions['store']
  release(): Promise<void>
}

const nothing = async () => {}

async function inDirectory(open: (directory: string) => DropInOptions['store']): Promise<Backend> {
  const directory = await mkdtemp(join(tmpdir(), 'leeway-fastify-'))
  return { store: open(directory), release: () => rm(directory, { recursive: true, force: true }) }
}

export const SUBJECTS: readonly Subject[] = [
  {
    name: 'its MemoryStore',
    isLeeway: false,
    open: async () => ({ store: new session.MemoryStore(), breakDown: nothing, close: nothing }),
  },
  {
    name: 'connect-redis',
    isLeeway: false,
    async open(url) {
      const client = createClient({ url, disableOfflineQueue: true })
      client.on('error', () => {})
      await client.connect()
      const end = async () => {
        if (client.isOpen) client.destroy()
      }
      return { store: new RedisStore({ client, prefix: `${opened++}:` }), breakDown: end, close: end }
    },
  },
  onLeeway('memory', async () => ({ store: memoryStore(), release: nothing })),
  onLeeway('SQLite', () => inDirectory((directory) => sqliteStore({ path: join(directory, 'sessions.db') }))),
  onLeeway('files', () => inDirectory((directory) => fileStore({ directory }))),
  onLeeway('Redis', async (url) => {
    const client = new Redis(url)
    client.on('error', () => {})
    return { store: redisStore({ client, prefix: `${opened++}:` }), release: async () => client.disconnect() }
  }),
]
