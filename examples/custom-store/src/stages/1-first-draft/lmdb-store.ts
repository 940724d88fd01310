import {
  assertId,
  assertLifetime,
  assertLoadedRef,
  assertNamespace,
  assertSession,
  assertVersion,
  Gate,
  LeewayError,
  type SessionStore,
  type StoredSession,
} from '@leeway/core/adapter'
import { open } from 'lmdb'

export interface LmdbStoreOptions {
  readonly path: string
  readonly namespace: string
  readonly maxPayloadBytes: number
  /** Awaited before each call to LMDB. For tests. */
  readonly step?: (call: string) => Promise<void>
}

export function lmdbStore({ path, namespace, maxPayloadBytes, step = async () => {} }: LmdbStoreOptions): SessionStore {
  assertNamespace(namespace)
  const db = open<StoredSession, string[]>(path, { noSubdir: false })
  const gate = new Gate()
  const get = async (id: string) => {
    await step('get')
    db.resetReadTxn()
    return db.get([namespace, id])
  }
  const put = async (session: StoredSession) => {
    await step('put')
    await db.put([namespace, session.id], session)
  }

  return {
    capabilities: Object.freeze({
      survives: 'process-crash',
      sharedBy: 'host',
      purge: 'sweep',
      list: false,
      failover: 'none',
      maxPayloadBytes,
    }),

    async create(session) {
      gate.assertOpen('create')
      assertSession(session, 'create', maxPayloadBytes)
      const given = { ...session }
      return gate.run('create', async () => {
        const stored = await get(given.id)
        if (stored) return stored.version === given.version ? 'created' : 'exists'
        await put(given)
        return 'created'
      })
    },

    async load(id) {
      gate.assertOpen('load')
      assertId(id, 'load')
      return gate.run('load', () => get(id))
    },

    async update(session, expected) {
      gate.assertOpen('update')
      assertSession(session, 'update', maxPayloadBytes)
      assertVersion(expected, 'update')
      const given = { ...session }
      return gate.run('update', async () => {
        const stored = await get(given.id)
        if (!stored) return 'gone'
        if (stored.version === given.version) return 'saved'
        if (stored.version !== expected) return 'conflict'
        await put(given)
        return 'saved'
      })
    },

    async touch(loaded, lifetime) {
      gate.assertOpen('touch')
      assertLoadedRef(loaded, 'touch')
      assertLifetime(lifetime, 'touch')
      const { id, version } = loaded
      const { expiresAt, purgeAt } = lifetime
      return gate.run('touch', async () => {
        const stored = await get(id)
        if (!stored) return 'gone'
        if (stored.version !== version) return 'conflict'
        const later = { expiresAt: Math.max(stored.expiresAt, expiresAt), purgeAt: Math.max(stored.purgeAt, purgeAt) }
        await put({ ...stored, ...later })
        return 'touched'
      })
    },

    async destroy(id) {
      gate.assertOpen('destroy')
      assertId(id, 'destroy')
      return gate.run('destroy', async () => {
        if (!(await get(id))) return 'gone'
        await step('remove')
        await db.remove([namespace, id])
        return 'destroyed'
      })
    },

    async sweep() {
      throw new LeewayError('ERR_UNSUPPORTED', 'not written yet', { operation: 'sweep' })
    },

    close: () => gate.close(() => db.close()),
  }
}
