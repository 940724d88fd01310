import type { SessionStore } from '@leeway/core'
import type { Clock } from '@leeway/core/testing'
import { redisStore } from '@leeway/redis'
import { Redis } from 'ioredis'

/** Where one race keeps its sessions on a server that all races of a file share. */
export function redisPlace(serverUrl: string, name: string): string {
  return `${serverUrl}/#${name}`
}

/** The server of a place, and what the keys there begin with. */
export function atRedisPlace(place: string): { readonly client: Redis; readonly prefix: string } {
  const url = new URL(place)
  const prefix = `${url.hash.slice(1)}:`
  url.hash = ''
  const client = new Redis(url.href)
  // The calls that fail for it tell.
  client.on('error', () => {})
  return { client, prefix }
}

/** A store with a client of its own, which ends with it. */
export function openRedis(place: string, clock?: Pick<Clock, 'now'>): SessionStore {
  const { client, prefix } = atRedisPlace(place)
  const store = redisStore({ client, prefix, clock })
  return {
    ...store,
    async close() {
      await store.close()
      client.disconnect()
    },
  }
}
