import KeyvRedis from '@keyv/redis'
import type { RedisServer } from '@leeway/testing'
import { RedisStore } from 'connect-redis'
import { Keyv } from 'keyv'
import { createClient } from 'redis'
import { createStorage } from 'unstorage'
import redisDriver from 'unstorage/drivers/redis'
import type { Contender } from './redis-contenders.ts'
import { check, HOUR_MS, jsonSession } from './redis-raw.ts'

/** `SET` and `EXPIRE`, whatever is there: a save brings back what a logout has ended. */
export async function connectRedis(server: RedisServer, payload: string): Promise<Contender> {
  const client = await createClient({ url: server.url }).connect()
  const store = new RedisStore({ client, prefix: 'sess:' })
  const set = (id: string) => store.set(id, jsonSession(payload))
  return {
    create: set,
    async load(id) {
      check((await store.get(id)).data.length, payload.length)
    },
    update: set,
    touch: (id) => store.touch(id, jsonSession('')),
    destroy: (id) => store.destroy(id),
    close: () => client.destroy(),
  }
}

/** It has no touch. */
export async function keyv(server: RedisServer, payload: string): Promise<Contender> {
  const keyv = new Keyv({ store: new KeyvRedis(server.url, { throwOnErrors: true }), throwOnErrors: true })
  const set = async (id: string) => check(await keyv.set(id, { data: payload }, HOUR_MS), true)
  return {
    create: set,
    async load(id) {
      check((await keyv.get<{ data: string }>(id))?.data.length, payload.length)
    },
    update: set,
    async destroy(id) {
      check(await keyv.delete(id), true)
    },
    close: () => keyv.disconnect(),
  }
}

/** It has no touch. Its driver asks for ioredis 5 and runs on the 6 that is here. */
export async function unstorage(server: RedisServer, payload: string): Promise<Contender> {
  const storage = createStorage<{ data: string }>({ driver: redisDriver({ url: server.url, base: 'unstorage' }) })
  const set = (id: string) => storage.setItem(id, { data: payload }, { ttl: HOUR_MS / 1_000 })
  return {
    create: set,
    async load(id) {
      check((await storage.getItem(id))?.data.length, payload.length)
    },
    update: set,
    destroy: (id) => storage.removeItem(id),
    close: () => storage.dispose(),
  }
}
