import { createHash } from 'node:crypto'
import type { RedisServer } from '@leeway/testing'
import type { SessionData } from 'express-session'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { newVersion } from './file-contenders.ts'
import type { Contender } from './redis-contenders.ts'

export const HOUR_MS = 3_600_000

/** What one writes by hand with ioredis: a string. It compares nothing and checks nothing. */
export async function rawIoredis(
  server: RedisServer,
  payload: string,
  enableAutoPipelining = false,
): Promise<Contender> {
  const client = new Redis({ port: server.port, enableAutoPipelining })
  const prefix = enableAutoPipelining ? 'auto:' : 'raw:'
  const set = async (id: string) => check(await client.set(prefix + id, payload, 'PX', HOUR_MS), 'OK')
  return {
    create: set,
    async load(id) {
      check((await client.get(prefix + id))?.length, payload.length)
    },
    update: set,
    async touch(id) {
      check(await client.pexpire(prefix + id, HOUR_MS), 1)
    },
    async destroy(id) {
      check(await client.del(prefix + id), 1)
    },
    close: () => client.disconnect(),
  }
}

/** The same with node-redis. */
export async function rawNodeRedis(server: RedisServer, payload: string): Promise<Contender> {
  const client = await createClient({ url: server.url }).connect()
  const prefix = 'node:'
  const set = async (id: string) =>
    check(await client.set(prefix + id, payload, { expiration: { type: 'PX', value: HOUR_MS } }), 'OK')
  return {
    create: set,
    async load(id) {
      check((await client.get(prefix + id))?.length, payload.length)
    },
    update: set,
    async touch(id) {
      check(await client.pExpire(prefix + id, HOUR_MS), 1)
    },
    async destroy(id) {
      check(await client.del(prefix + id), 1)
    },
    close: () => client.destroy(),
  }
}

const VERSION_LENGTH = 16
const compareAndSet = `#!lua
if redis.call('GETRANGE', KEYS[1], 0, ${VERSION_LENGTH - 1}) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

/**
 * The least that an update with a condition can be: a string that begins with its version, and a script of two commands.
 * It may shorten the life that another gave to the key.
 */
export async function rawCompareAndSet(server: RedisServer, payload: string): Promise<Contender> {
  const client = new Redis(server.port)
  const prefix = 'cas:'
  const ttl = String(HOUR_MS)
  const sha = createHash('sha1').update(compareAndSet).digest('hex')
  check(await client.script('LOAD', compareAndSet), sha)
  const versions = new Map<string, string>()
  return {
    async create(id) {
      const version = newVersion()
      check(await client.set(prefix + id, version + payload, 'PX', HOUR_MS, 'NX'), 'OK')
      versions.set(id, version)
    },
    async load(id) {
      check((await client.get(prefix + id))?.length, VERSION_LENGTH + payload.length)
    },
    async update(id) {
      const next = newVersion()
      check(await client.evalsha(sha, 1, prefix + id, versions.get(id) ?? '', next + payload, ttl), 1)
      versions.set(id, next)
    },
    async destroy(id) {
      check(await client.del(prefix + id), 1)
      versions.delete(id)
    },
    close: () => client.disconnect(),
  }
}

/** The session that express-session would give to a store. */
export function jsonSession(payload: string): SessionData {
  const cookie = { originalMaxAge: HOUR_MS, maxAge: HOUR_MS, expires: new Date(Date.now() + HOUR_MS) }
  return { cookie, data: payload } as unknown as SessionData
}

export function check(answer: unknown, expected: unknown): void {
  if (answer !== expected) fail(`${answer} instead of ${expected}`)
}

export function fail(message: string): never {
  throw new Error(message)
}
