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
import { Creation } from './creation.ts'
import { Disk } from './disk.ts'
import { storeFailed } from './failures.ts'
import { Lister } from './list.ts'
import { openDirectory } from './open.ts'
import { type FileStoreOptions, resolveOptions } from './options.ts'
import { Recent } from './recent.ts'
import { Records } from './records.ts'
import { Sweeper } from './sweep.ts'
import { Writes } from './writes.ts'

/**
 * Sessions as files in a directory, shared by any number of processes on this machine, without locks and without a
 * database: a session's state is a file's name, and names change atomically.
 *
 * Opening is part of the call, so a directory that cannot be used fails here. Nothing needs repair after a crash; what it
 * may have left takes room only, and the next sweep clears it away. An open store does not keep the process alive.
 *
 * @throws `ERR_INVALID_OPTION`; `ERR_STORE_FAILED` where the directory cannot be made or written, or is not leeway's.
 * @example
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { fileStore } from '@leeway/file'
 *
 * const store = fileStore({ directory: join(tmpdir(), `sessions-${process.pid}`) })
 * console.log(store.capabilities.sharedBy) // host
 * await store.close()
 */
export function fileStore(options: FileStoreOptions): SessionStore {
  const resolved = resolveOptions(options)
  const { durability, maxPayloadBytes } = resolved
  const layout = openDirectory(resolved)
  const disk = new Disk(resolved.fs, durability === 'power-loss')
  const records = new Records(disk, layout)
  const creation = new Creation(disk, layout, records)
  const recent = new Recent()
  const writes = new Writes(disk, layout, records, recent)
  const sweeper = new Sweeper(disk, layout, records)
  const lister = new Lister(disk, layout, records)
  const gate = new Gate()

  function run<T>(operation: string, work: () => Promise<T>, id?: string): Promise<T> {
    return gate.run(operation, async () => {
      try {
        return await work()
      } catch (error) {
        throw storeFailed(error, operation, id)
      }
    })
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
      const given = { ...session }
      return run('create', () => creation.create(given), given.id)
    },

    async load(id) {
      gate.assertOpen('load')
      assertId(id, 'load')
      return run('load', () => records.load(id, recent), id)
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

    async sweep(options) {
      gate.assertOpen('sweep')
      assertSweepOptions(options)
      const given = { ...options }
      return run('sweep', () => sweeper.sweep(given))
    },

    async list(query) {
      gate.assertOpen('list')
      assertListQuery(query)
      const given = { ...query }
      return run('list', () => lister.list(given))
    },

    close: () => gate.close(() => disk.idle()),
  }
}
