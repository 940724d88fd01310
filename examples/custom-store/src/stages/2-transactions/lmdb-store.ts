import {
  assertId,
  assertLifetime,
  assertLoadedRef,
  assertNamespace,
  assertSession,
  assertSweepOptions,
  assertVersion,
  Gate,
  type SessionStore,
  type StoredSession,
} from '@leeway/core/adapter'
import { open } from 'lmdb'

export interface LmdbStoreOptions {
  readonly path: string
  readonly namespace: string
  readonly maxPayloadBytes: number
  /** Awaited before each call to LMDB that is no transaction of its own. For tests. */
  readonly step?: (call: string) => Promise<void>
}

export function lmdbStore({ path, namespace, maxPayloadBytes, step = async () => {} }: LmdbStoreOptions): SessionStore {
  assertNamespace(namespace)
  const db = open<StoredSession, string[]>(path, { noSubdir: false })
  const gate = new Gate()
  const get = (id: string) => db.get([namespace, id])
  const put = (session: StoredSession) => void db.put([namespace, session.id], session)

  /** One transaction: entirely or not at all, and no other writer of any process in between. */
  const write = <T>(operation: string, work: () => T): Promise<T> =>
    gate.run(operation, () => db.childTransaction(work))

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
      return write('create', () => {
        const stored = get(given.id)
        if (stored) return stored.version === given.version ? 'created' : 'exists'
        put(given)
        return 'created'
      })
    },

    async load(id) {
      gate.assertOpen('load')
      assertId(id, 'load')
      db.resetReadTxn()
      return get(id)
    },

    async update(session, expected) {
      gate.assertOpen('update')
      assertSession(session, 'update', maxPayloadBytes)
      assertVersion(expected, 'update')
      const given = { ...session }
      return write('update', () => {
        const stored = get(given.id)
        if (!stored) return 'gone'
        if (stored.version === given.version) return 'saved'
        if (stored.version !== expected) return 'conflict'
        put({ ...given, purgeAt: Math.max(stored.purgeAt, given.purgeAt) })
        return 'saved'
      })
    },

    async touch(loaded, lifetime) {
      gate.assertOpen('touch')
      assertLoadedRef(loaded, 'touch')
      assertLifetime(lifetime, 'touch')
      const { id, version } = loaded
      const { expiresAt, purgeAt } = lifetime
      return write('touch', () => {
        const stored = get(id)
        if (!stored) return 'gone'
        if (stored.version !== version) return 'conflict'
        const later = { expiresAt: Math.max(stored.expiresAt, expiresAt), purgeAt: Math.max(stored.purgeAt, purgeAt) }
        put({ ...stored, ...later })
        return 'touched'
      })
    },

    async destroy(id) {
      gate.assertOpen('destroy')
      assertId(id, 'destroy')
      return write('destroy', () => {
        if (!get(id)) return 'gone'
        db.remove([namespace, id])
        return 'destroyed'
      })
    },

    async sweep(options) {
      gate.assertOpen('sweep')
      assertSweepOptions(options)
      const { cutoff, limit, budgetMs } = options
      return gate.run('sweep', async () => {
        const deadline = performance.now() + budgetMs
        db.resetReadTxn()
        const all = [...db.getRange({ start: [namespace], end: [namespace, '~'] })]
        const due = all.filter(({ value }) => value.purgeAt <= cutoff)
        let removed = 0
        for (const { key } of due) {
          if (removed === limit || performance.now() >= deadline) return { removed, examined: removed, cursor: 'more' }
          await step('remove')
          await db.remove(key)
          removed++
        }
        return { removed, examined: removed }
      })
    },

    close: () => gate.close(() => db.close()),
  }
}
