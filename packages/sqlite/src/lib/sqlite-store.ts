import {
  assertId,
  assertLifetime,
  assertListQuery,
  assertLoadedRef,
  assertSession,
  assertSweepOptions,
  assertVersion,
  Gate,
  type SessionStore,
} from '@leeway/core/adapter'
import type { Database } from 'better-sqlite3'
import { Checkpointer } from './checkpointer.ts'
import { isBusy, storeFailed } from './failures.ts'
import { openDatabase } from './open.ts'
import { type ResolvedOptions, resolveOptions, type SqliteStoreOptions } from './options.ts'
import { prepareStatements } from './statements.ts'
import { Sweeper } from './sweep.ts'
import { repeatWhileBusy } from './waiting.ts'
import { WriteQueue } from './write-queue.ts'
import { createWrite, destroyWrite, touchWrite, updateWrite } from './writes.ts'

/**
 * Sessions in one SQLite file, shared by any number of processes on this machine.
 *
 * Opening is part of the call, so a path that cannot be used fails here. Loads are synchronous reads; writes that arrive
 * in one turn of the event loop share a commit. Nothing waits on the event loop for another connection's lock for longer
 * than a few milliseconds at a time, checkpoints run in a worker thread, and a sweep is a series of small statements.
 *
 * An open store does not keep the process alive. The database never shrinks; room that a sweep has freed is used again.
 * The log beside it stays around 64 MiB even while writes never pause, unless another connection reads for long.
 *
 * @throws `ERR_INVALID_OPTION`; `ERR_STORE_FAILED` where the file cannot be opened or created, is no database, belongs to
 * another application or to a later version of leeway, or cannot be written; `ERR_STORE_TIMEOUT` where another process
 * holds it locked for longer than `busyTimeoutMs`.
 * @example
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { sqliteStore } from '@leeway/sqlite'
 *
 * const store = sqliteStore({ path: join(tmpdir(), `sessions-${process.pid}.db`), durability: 'power-loss' })
 * console.log(store.capabilities.survives) // power-loss
 * await store.close()
 */
export function sqliteStore(options: SqliteStoreOptions): SessionStore {
  const resolved = resolveOptions(options)
  return storeOn(openDatabase(resolved), resolved)
}

/** The store on an open database, which it closes. */
export function storeOn(db: Database, options: ResolvedOptions): SessionStore {
  const { namespace, durability, busyTimeoutMs, maxPayloadBytes } = options
  const gate = new Gate()
  const statements = prepareStatements(db, namespace)
  const checkpointer = new Checkpointer(db)
  const queue = new WriteQueue(db, busyTimeoutMs, checkpointer)
  const sweeper = new Sweeper({
    busyTimeoutMs,
    strained: () => checkpointer.strained,
    remove(cutoff, limit, skip) {
      const { changes } = statements.sweep.run(cutoff, limit, skip, cutoff)
      checkpointer.wrote(changes * 3)
      return changes
    },
  })

  /** Reads at once; only where another connection is in the way, later. */
  function readAgain<T>(read: () => T, error: unknown, operation: string, id?: string): Promise<T> {
    if (!isBusy(error)) throw storeFailed(error, operation, id)
    return gate.run(operation, () => repeatWhileBusy(read, error, busyTimeoutMs, operation, id))
  }

  return {
    capabilities: Object.freeze({
      survives: durability,
      sharedBy: 'host',
      purge: 'sweep',
      list: true,
      failover: 'none',
      maxPayloadBytes,
    }),

    async create(session) {
      gate.assertOpen('create')
      assertSession(session, 'create', maxPayloadBytes)
      return queue.add(createWrite(statements, session))
    },

    async load(id) {
      gate.assertOpen('load')
      assertId(id, 'load')
      try {
        return statements.load.get(id)
      } catch (error) {
        return readAgain(() => statements.load.get(id), error, 'load', id)
      }
    },

    async update(session, expected) {
      gate.assertOpen('update')
      assertSession(session, 'update', maxPayloadBytes)
      assertVersion(expected, 'update')
      return queue.add(updateWrite(statements, session, expected))
    },

    async touch(loaded, lifetime) {
      gate.assertOpen('touch')
      assertLoadedRef(loaded, 'touch')
      assertLifetime(lifetime, 'touch')
      return queue.add(touchWrite(statements, loaded, lifetime))
    },

    async destroy(id) {
      gate.assertOpen('destroy')
      assertId(id, 'destroy')
      return queue.add(destroyWrite(statements, id))
    },

    async sweep(options) {
      gate.assertOpen('sweep')
      assertSweepOptions(options)
      return gate.run('sweep', () => sweeper.sweep(options))
    },

    async list({ owner, limit, cursor }) {
      gate.assertOpen('list')
      assertListQuery({ owner, limit, cursor })
      const read = () => {
        const after = cursor ?? ''
        // One more than asked for tells whether there is another page.
        const rows =
          owner === undefined
            ? statements.list.all(after, limit + 1)
            : statements.listOwner.all(owner, after, limit + 1)
        const sessions = rows.slice(0, limit)
        return { sessions, cursor: rows.length > limit ? sessions.at(-1)?.id : undefined }
      }
      try {
        return read()
      } catch (error) {
        return readAgain(read, error, 'list')
      }
    },

    close: () =>
      gate.close(async () => {
        await queue.idle()
        db.close()
        await checkpointer.close()
      }),
  }
}
