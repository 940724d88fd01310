import { mkdirSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
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
} from '@leeway/core/adapter'
import { open } from 'lmdb'
import { type Database, Records } from './records.ts'

/** So many records a transaction: the writers of the other processes wait no longer than that takes. */
const BATCH = 50

export interface LmdbStoreOptions {
  /** The directory of the database; created, for its owner only, where there is none. On a disk of this machine. */
  readonly path: string
  /** Keeps the sessions of several applications apart in one database: 1 to 64 of `[a-z0-9_-]`. Default `default`. */
  readonly namespace?: string | undefined
  /** The longest payload, in bytes of UTF-8. Default 1 MiB. */
  readonly maxPayloadBytes?: number | undefined
}

/**
 * Sessions in LMDB, shared by any number of processes on this machine.
 *
 * @throws `ERR_INVALID_OPTION`, or `ERR_STORE_FAILED` where the database cannot be opened.
 */
export function lmdbStore(options: LmdbStoreOptions): SessionStore {
  assertKnownOptions(options, ['path', 'namespace', 'maxPayloadBytes'], 'open')
  const { path, namespace = 'default', maxPayloadBytes = DEFAULT_MAX_PAYLOAD_BYTES } = options
  assertNamespace(namespace)
  assertMaxPayloadBytes(maxPayloadBytes)
  return storeOn(openDatabase(path), namespace, maxPayloadBytes)
}

export function openDatabase(path: string): Database {
  if (typeof path !== 'string' || path === '') {
    throw new LeewayError('ERR_INVALID_OPTION', 'path must be the path of a directory', { operation: 'open' })
  }
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    // With overlapping syncs lmdb-js answers when a write is committed, and flushes later. Without, a commit is on the disk.
    return open(path, { noSubdir: false, encoding: 'string', overlappingSync: false })
  } catch (cause) {
    throw new LeewayError('ERR_STORE_FAILED', `cannot open ${path}`, { operation: 'open', cause })
  }
}

/** The store on an open database, which it closes. */
export function storeOn(db: Database, namespace: string, maxPayloadBytes: number): SessionStore {
  const gate = new Gate()
  const records = new Records(db, namespace)

  /** One transaction: entirely or not at all, and no other writer of any process in between. */
  const write = <T>(operation: string, work: () => T, id?: string): Promise<T> =>
    gate.run(operation, async () => {
      try {
        return await db.childTransaction(work)
      } catch (cause) {
        return fail(operation, cause, id)
      }
    })

  const read = <T>(operation: string, work: () => T, id?: string): T => {
    try {
      // LMDB reads from a snapshot, which lmdb-js keeps until the next turn: another process may have written since.
      db.resetReadTxn()
      return work()
    } catch (cause) {
      return fail(operation, cause, id)
    }
  }

  return {
    capabilities: Object.freeze({
      survives: 'power-loss',
      sharedBy: 'host',
      purge: 'sweep',
      list: true,
      failover: 'none',
      maxPayloadBytes,
    }),

    async create(session) {
      gate.assertOpen('create')
      assertSession(session, 'create', maxPayloadBytes)
      const given = { ...session }
      const work = () => {
        const stored = records.head(given.id)
        if (stored) return stored.version === given.version ? 'created' : 'exists'
        records.put(given)
        return 'created'
      }
      return write('create', work, given.id)
    },

    async load(id) {
      gate.assertOpen('load')
      assertId(id, 'load')
      return read('load', () => records.session(id), id)
    },

    async update(session, expected) {
      gate.assertOpen('update')
      assertSession(session, 'update', maxPayloadBytes)
      assertVersion(expected, 'update')
      const given = { ...session }
      const work = () => {
        const stored = records.head(given.id)
        if (!stored) return 'gone'
        if (stored.version === given.version) return 'saved'
        if (stored.version !== expected) return 'conflict'
        records.put({ ...given, purgeAt: Math.max(stored.purgeAt, given.purgeAt) }, stored)
        return 'saved'
      }
      return write('update', work, given.id)
    },

    async touch(loaded, lifetime) {
      gate.assertOpen('touch')
      assertLoadedRef(loaded, 'touch')
      assertLifetime(lifetime, 'touch')
      const { id, version } = loaded
      const { expiresAt, purgeAt } = lifetime
      const work = () => {
        const stored = records.head(id)
        if (!stored) return 'gone'
        if (stored.version !== version) return 'conflict'
        const later = { expiresAt: Math.max(stored.expiresAt, expiresAt), purgeAt: Math.max(stored.purgeAt, purgeAt) }
        records.putHead({ ...stored, ...later }, stored)
        return 'touched'
      }
      return write('touch', work, id)
    },

    async destroy(id) {
      gate.assertOpen('destroy')
      assertId(id, 'destroy')
      const work = () => {
        const stored = records.head(id)
        if (!stored) return 'gone'
        records.remove(stored)
        return 'destroyed'
      }
      return write('destroy', work, id)
    },

    async sweep(options) {
      gate.assertOpen('sweep')
      assertSweepOptions(options)
      const { cutoff, limit, budgetMs } = options
      const deadline = performance.now() + budgetMs
      let removed = 0
      for (;;) {
        const most = Math.min(BATCH, limit - removed)
        // What is due is looked for in the transaction that removes it.
        const batch = await write('sweep', () => records.removeDue(cutoff, most))
        removed += batch
        if (batch < most) return { removed, examined: removed }
        // What has been removed is in nobody's way, so the place to go on at is always the beginning.
        if (removed === limit || performance.now() >= deadline) return { removed, examined: removed, cursor: 'more' }
        await turn()
      }
    },

    async list(query) {
      gate.assertOpen('list')
      assertListQuery(query)
      const { owner, limit, cursor = '' } = query
      return read('list', () => {
        // One more than asked for tells whether there is another page.
        const found = records.list(owner, cursor, limit + 1)
        const sessions = found.slice(0, limit)
        return { sessions, cursor: found.length > limit ? sessions.at(-1)?.id : undefined }
      })
    },

    close: () => gate.close(() => db.close()),
  }
}

function fail(operation: string, cause: unknown, id?: string): never {
  throw new LeewayError('ERR_STORE_FAILED', 'LMDB failed, or a record is damaged', { operation, id, cause })
}
