import {
  assertId,
  assertLifetime,
  assertListQuery,
  assertLoadedRef,
  assertSession,
  assertSweepOptions,
  assertVersion,
  Gate,
  type SessionId,
  type SessionStore,
  type StoredSession,
} from '@leeway/core/adapter'
import { Calls } from './calls.ts'
import { Commands } from './commands.ts'
import { warnOfEviction } from './eviction.ts'
import { Keys } from './keys.ts'
import { Lister } from './list.ts'
import { type RedisStoreOptions, resolveOptions } from './options.ts'
import { replicatedWriter } from './replicated-writer.ts'
import { decode } from './value.ts'
import { Writes } from './writes.ts'

/**
 * Sessions in Redis or Valkey, shared by any number of machines: a server on its own, one with Sentinels, or a cluster.
 *
 * A load is one `GET`; a write is one script on one key, in front of which a session with an owner enters the owner's
 * index. Redis drops a session by itself at its purge time, so there is nothing to sweep. Every call ends within
 * `commandTimeoutMs`, whatever the server does.
 *
 * Nothing is sent until the first call, but with `replicas` a second connection is opened at once. The client stays open
 * when the store is closed.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * import { redisStore } from '@leeway/redis'
 * import { Redis } from 'ioredis'
 *
 * const client = new Redis(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', { lazyConnect: true })
 * const store = redisStore({ client, prefix: 'shop:' })
 * console.log(store.capabilities.sharedBy) // network
 * await store.close()
 * client.disconnect()
 */
export function redisStore(options: RedisStoreOptions): SessionStore {
  const resolved = resolveOptions(options)
  const { client, commandTimeoutMs, replicas, maxPayloadBytes, clock } = resolved
  const keys = new Keys(resolved.prefix, resolved.namespace)
  const commands = new Commands(client)
  const replicated = replicas > 0 ? replicatedWriter(client, replicas, waitMs(commandTimeoutMs)) : undefined
  const writes = new Writes(replicated ?? commands, keys, clock)
  const lister = new Lister(client, commands, keys, commandTimeoutMs / 4)
  const calls = new Calls(commandTimeoutMs, () => client.status)
  const gate = new Gate()
  let isChecked = false

  function run<T>(operation: string, work: () => Promise<T>, id?: string): Promise<T> {
    const answer = calls.run(work(), operation, id)
    if (!isChecked) answer.then(check, () => {})
    return answer
  }

  /** Once a call has been answered, and so a cluster's servers are known. */
  function check(): void {
    if (isChecked) return
    isChecked = true
    void warnOfEviction(client)
  }

  async function load(id: SessionId): Promise<StoredSession | undefined> {
    const text = await commands.get(keys.session(id))
    return text === null ? undefined : decode(text, id)
  }

  return {
    capabilities: Object.freeze({
      survives: 'process-crash',
      sharedBy: 'network',
      purge: 'native',
      list: true,
      failover: 'may-lose-acknowledged-writes',
      maxPayloadBytes,
    }),

    async create(session) {
      gate.assertOpen('create')
      assertSession(session, 'create', maxPayloadBytes)
      const given = { ...session }
      return run('create', () => writes.create(given), given.id)
    },

    async load(id) {
      gate.assertOpen('load')
      assertId(id, 'load')
      return run('load', () => load(id), id)
    },

    async update(session, expected) {
      gate.assertOpen('update')
      assertSession(session, 'update', maxPayloadBytes)
      assertVersion(expected, 'update')
      const given = { ...session }
      return run('update', () => writes.update(given, expected), given.id)
    },

    async touch(loaded, lifetime) {
      gate.assertOpen('touch')
      assertLoadedRef(loaded, 'touch')
      assertLifetime(lifetime, 'touch')
      const [of, to] = [{ ...loaded }, { ...lifetime }]
      return run('touch', () => writes.touch(of, to), of.id)
    },

    async destroy(id) {
      gate.assertOpen('destroy')
      assertId(id, 'destroy')
      return run('destroy', () => writes.destroy(id), id)
    },

    /** Redis does it. */
    async sweep(options) {
      gate.assertOpen('sweep')
      assertSweepOptions(options)
      return { removed: 0, examined: 0, cursor: undefined }
    },

    async list(query) {
      gate.assertOpen('list')
      assertListQuery(query)
      const given = { ...query }
      return run('list', () => lister.list(given))
    },

    close: () =>
      gate.close(async () => {
        await calls.idle()
        replicated?.close()
      }),
  }
}

/** One batch of writes may have to wait for the one before it: both, and the answer, fit into the time of a call. */
function waitMs(commandTimeoutMs: number): number {
  return Math.max(1, Math.floor(commandTimeoutMs / 3))
}
