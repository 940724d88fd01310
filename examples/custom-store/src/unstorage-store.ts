import {
  assertId,
  assertKnownOptions,
  assertLifetime,
  assertListQuery,
  assertLoadedRef,
  assertMaxPayloadBytes,
  assertNamespace,
  assertSession,
  assertSweepOptions,
  assertVersion,
  DEFAULT_MAX_PAYLOAD_BYTES,
  Gate,
  LeewayError,
  type SessionStore,
  type StoreCapabilities,
  type StoredSession,
} from '@leeway/core/adapter'
import type { Storage } from 'unstorage'

export interface UnstorageStoreOptions {
  readonly storage: Storage
  /** How far apart two users of the storage may be: only the caller knows which driver it is. */
  readonly sharedBy: StoreCapabilities['sharedBy']
  readonly namespace?: string | undefined
  readonly maxPayloadBytes?: number | undefined
  /** Awaited before each call to the storage. For tests. */
  readonly step?: ((call: string) => Promise<void>) | undefined
}

/**
 * Sessions in whatever unstorage has a driver for. **It does not keep leeway's contract, and cannot**: a storage with
 * `get`, `set` and `remove` has no way to write only if nobody else has. See the README for what is lost.
 *
 * @throws `ERR_INVALID_OPTION`
 */
export function unstorageStore(options: UnstorageStoreOptions): SessionStore {
  assertKnownOptions(options, ['storage', 'sharedBy', 'namespace', 'maxPayloadBytes', 'step'], 'open')
  const {
    storage,
    sharedBy,
    namespace = 'default',
    maxPayloadBytes = DEFAULT_MAX_PAYLOAD_BYTES,
    step = async () => {},
  } = options
  assertNamespace(namespace)
  assertMaxPayloadBytes(maxPayloadBytes)
  const gate = new Gate()

  const run = <T>(operation: string, work: () => Promise<T>, id?: string): Promise<T> =>
    gate.run(operation, async () => {
      try {
        return await work()
      } catch (cause) {
        throw new LeewayError('ERR_STORE_FAILED', 'the storage failed, or a record is damaged', {
          operation,
          id,
          cause,
        })
      }
    })
  const keyOf = (id: string): string => `${namespace}:${id}`
  /** Some drivers answer a failed read with the error as a value, and text that cannot be parsed comes back as text. */
  const read = async (id: string): Promise<StoredSession | undefined | typeof damaged> => {
    await step('get')
    const value = await storage.getItem(keyOf(id))
    if (value === null) return undefined
    if (value instanceof Error) throw value
    return isRecord(value) ? { ...value, id } : damaged
  }
  const get = async (id: string): Promise<StoredSession | undefined> => {
    const stored = await read(id)
    if (stored === damaged) throw new Error('the record is damaged')
    return stored
  }
  const set = async ({ id, version, payload, owner, expiresAt, purgeAt }: StoredSession): Promise<void> => {
    await step('set')
    await storage.setItem(keyOf(id), { version, payload, owner, expiresAt, purgeAt })
  }
  const remove = async (id: string): Promise<void> => {
    await step('remove')
    await storage.removeItem(keyOf(id))
  }
  const idsAfter = async (cursor = ''): Promise<string[]> => {
    await step('keys')
    const keys = await storage.getKeys(`${namespace}:`)
    return keys
      .map((key) => key.slice(namespace.length + 1))
      .filter((id) => id > cursor)
      .sort()
  }

  return {
    capabilities: Object.freeze({
      // Drivers overwrite in place or leave it to a server; nothing can be said for all of them.
      survives: 'nothing',
      sharedBy,
      purge: 'sweep',
      list: true,
      failover: 'none',
      maxPayloadBytes,
    }),

    async create(session) {
      gate.assertOpen('create')
      assertSession(session, 'create', maxPayloadBytes)
      const given = { ...session }
      const work = async () => {
        const stored = await get(given.id)
        if (stored) return stored.version === given.version ? 'created' : 'exists'
        await set(given)
        return 'created'
      }
      return run('create', work, given.id)
    },

    async load(id) {
      gate.assertOpen('load')
      assertId(id, 'load')
      return run('load', () => get(id), id)
    },

    async update(session, expected) {
      gate.assertOpen('update')
      assertSession(session, 'update', maxPayloadBytes)
      assertVersion(expected, 'update')
      const given = { ...session }
      const work = async () => {
        const stored = await get(given.id)
        if (!stored) return 'gone'
        if (stored.version === given.version) return 'saved'
        if (stored.version !== expected) return 'conflict'
        await set({ ...given, purgeAt: Math.max(stored.purgeAt, given.purgeAt) })
        return 'saved'
      }
      return run('update', work, given.id)
    },

    async touch(loaded, lifetime) {
      gate.assertOpen('touch')
      assertLoadedRef(loaded, 'touch')
      assertLifetime(lifetime, 'touch')
      const { id, version } = loaded
      const { expiresAt, purgeAt } = lifetime
      const work = async () => {
        const stored = await get(id)
        if (!stored) return 'gone'
        if (stored.version !== version) return 'conflict'
        const later = { expiresAt: Math.max(stored.expiresAt, expiresAt), purgeAt: Math.max(stored.purgeAt, purgeAt) }
        await set({ ...stored, ...later })
        return 'touched'
      }
      return run('touch', work, id)
    },

    async destroy(id) {
      gate.assertOpen('destroy')
      assertId(id, 'destroy')
      const work = async () => {
        await step('has')
        if (!(await storage.hasItem(keyOf(id)))) return 'gone'
        await remove(id)
        return 'destroyed'
      }
      return run('destroy', work, id)
    },

    async sweep(options) {
      gate.assertOpen('sweep')
      assertSweepOptions(options)
      const { cutoff, limit, budgetMs, cursor } = options
      return run('sweep', async () => {
        const deadline = performance.now() + budgetMs
        let [removed, examined] = [0, 0]
        for (const id of await idsAfter(cursor)) {
          // What is damaged stays until somebody destroys it.
          const stored = await read(id)
          if (stored && stored !== damaged && stored.purgeAt <= cutoff) {
            examined++
            await remove(id)
            removed++
          }
          if (removed >= limit || performance.now() >= deadline) return { removed, examined, cursor: id }
        }
        return { removed, examined }
      })
    },

    async list(query) {
      gate.assertOpen('list')
      assertListQuery(query)
      const { owner: wanted, limit, cursor } = query
      return run('list', async () => {
        const sessions = []
        for (const id of await idsAfter(cursor)) {
          const stored = await read(id)
          // Nobody can load what is damaged, and it must not be in the way of the others.
          if (!stored || stored === damaged || (wanted !== undefined && stored.owner !== wanted)) continue
          // One more than asked for tells that there is another page.
          if (sessions.length === limit) return { sessions, cursor: sessions.at(-1)?.id }
          const { owner, expiresAt, purgeAt } = stored
          sessions.push({ id, owner, expiresAt, purgeAt })
        }
        return { sessions }
      })
    },

    close: () => gate.close(() => {}),
  }
}

const damaged = Symbol('damaged')

function isRecord(value: unknown): value is Omit<StoredSession, 'id'> {
  return typeof value === 'object' && value !== null && 'version' in value && 'payload' in value
}
