import type { RedisServer } from '@leeway/testing'
import { leeway, ownScripts } from './redis-leeway.ts'
import { connectRedis, keyv, unstorage } from './redis-peers.ts'
import { rawCompareAndSet, rawIoredis, rawNodeRedis } from './redis-raw.ts'

/** One way to keep sessions in Redis. Each call fails unless it has done what it says. */
export interface Contender {
  create(id: string): Promise<void>
  load(id: string): Promise<void>
  update(id: string): Promise<void>
  touch?(id: string): Promise<void>
  destroy(id: string): Promise<void>
  close(): unknown
}

/** On a connection of its own, with names of its own. */
type Open = (server: RedisServer, payload: string) => Promise<Contender>

export const contenders: Record<string, Open> = {
  leeway: (server, payload) => leeway(server, payload),
  'leeway, owned': (server, payload) => leeway(server, payload, { isOwned: true }),
  'leeway, auto-pipelining': (server, payload) => leeway(server, payload, { enableAutoPipelining: true }),
  /** Peers make JSON of what they are given, the store is given text: core makes it. Here the benchmark does. */
  'leeway, and JSON': (server, payload) => leeway(server, payload, { withJson: true }),
  'connect-redis': connectRedis,
  keyv,
  'unstorage redis': unstorage,
  "the store's scripts, raw": ownScripts,
  'a bare compare-and-set, raw': rawCompareAndSet,
  ioredis: (server, payload) => rawIoredis(server, payload),
  'ioredis, auto-pipelining': (server, payload) => rawIoredis(server, payload, true),
  'node-redis': rawNodeRedis,
}

export const peers = ['connect-redis', 'keyv', 'unstorage redis']
export const sameCommand = "the store's scripts, raw"
