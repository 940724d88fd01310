import type { Lifetime, StoredSession } from '@leeway/core/adapter'
import { redisStore } from '@leeway/redis'
import type { RedisServer } from '@leeway/testing'
import { Redis } from 'ioredis'
import { createScript, type Script, touchScript, updateScript } from '../packages/redis/src/lib/scripts.ts'
import { encode, instants, layout, padVersion } from '../packages/redis/src/lib/value.ts'
import { newId, newVersion, ownersOf } from './file-contenders.ts'
import type { Contender } from './redis-contenders.ts'
import { check, fail, HOUR_MS, jsonSession } from './redis-raw.ts'

const GRACE_MS = 240_000
/** The time that seems to pass between two writes: every write extends a life, and an owner's to more than before. */
const STEP_MS = 100
const PER_OWNER = 5
let namespaces = 0

interface LeewayOptions {
  readonly isOwned?: boolean
  readonly enableAutoPipelining?: boolean
  readonly withJson?: boolean
}

export async function leeway(
  server: RedisServer,
  payload: string,
  { isOwned = false, enableAutoPipelining = false, withJson = false }: LeewayOptions = {},
): Promise<Contender> {
  const client = new Redis({ port: server.port, enableAutoPipelining })
  const store = redisStore({ client, namespace: `n${++namespaces}` })
  const newOwner = isOwned ? ownersOf(PER_OWNER) : () => null
  const stored = new Map<string, StoredSession>()
  const of = (id: string) => stored.get(id) ?? fail(`${id} is not stored`)
  const text = withJson ? () => JSON.stringify(jsonSession(payload)) : () => payload
  const lifetime = passing()
  const length = withJson ? (text: string) => JSON.parse(text).data.length : (text: string) => text.length
  return {
    async create(id) {
      const created = newSession(id, text(), newOwner(), lifetime())
      check(await store.create(created), 'created')
      stored.set(id, created)
    },
    async load(id) {
      check(length((await store.load(id))?.payload ?? ''), payload.length)
    },
    async update(id) {
      const before = of(id)
      const next = { ...before, version: newVersion(), payload: text(), ...lifetime() }
      check(await store.update(next, before.version), 'saved')
      stored.set(id, next)
    },
    async touch(id) {
      check(await store.touch(of(id), lifetime()), 'touched')
    },
    async destroy(id) {
      check(await store.destroy(id), 'destroyed')
      stored.delete(id)
    },
    async close() {
      await store.close()
      client.disconnect()
    },
  }
}

/**
 * What the store sends, sent by hand over a plain ioredis: no checks, no deadline, nothing decoded, the record put
 * together from strings that are there.
 */
export async function ownScripts(server: RedisServer, payload: string): Promise<Contender> {
  const client = new Redis(server.port)
  const prefix = `leeway:n${++namespaces}:`
  const versions = new Map<string, string>()
  const lifetime = passing()
  const end = encode(newSession(newId(), payload, null, lifetime())).slice(layout.instantsEnd + 1)
  const ttl = String(HOUR_MS + GRACE_MS)
  const run = await runner(client, [createScript, updateScript, touchScript])
  return {
    async create(id) {
      const version = padVersion(newVersion())
      const record = layout.format + id + version + instants(lifetime()).join('') + end
      check(await run(createScript, prefix + id, version, record, ttl), 'created')
      versions.set(id, version)
    },
    async load(id) {
      check(((await client.get(prefix + id)) ?? '').length > payload.length, true)
    },
    async update(id) {
      const [expires, purge] = instants(lifetime())
      const next = padVersion(newVersion())
      const record = layout.format + id + next + expires + purge + end
      check(await run(updateScript, prefix + id, versions.get(id) ?? '', next, record, purge, ttl), 'saved')
      versions.set(id, next)
    },
    async touch(id) {
      check(await run(touchScript, prefix + id, versions.get(id) ?? '', ...instants(lifetime()), ttl), 'touched')
    },
    async destroy(id) {
      check(await client.del(prefix + id), 1)
      versions.delete(id)
    },
    close: () => client.disconnect(),
  }
}

export async function runner(client: Redis, scripts: readonly Script[]) {
  for (const { source, sha } of scripts) check(await client.script('LOAD', source), sha)
  return ({ sha }: Script, key: string, ...args: string[]) => client.evalsha(sha, 1, key, ...args)
}

export function newSession(id: string, payload: string, owner: string | null, lifetime: Lifetime): StoredSession {
  return { id, version: newVersion(), payload, owner, ...lifetime }
}

/** Lifetimes as they follow each other while time passes. */
export function passing(): () => Lifetime {
  let expiresAt = Date.now() + HOUR_MS
  return () => {
    expiresAt += STEP_MS
    return { expiresAt, purgeAt: expiresAt + GRACE_MS }
  }
}
