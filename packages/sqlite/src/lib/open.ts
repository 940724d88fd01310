import { accessSync, closeSync, constants, existsSync, openSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { LeewayError } from '@leeway/core/adapter'
import Database from 'better-sqlite3'
import { storeFailed } from './failures.ts'
import type { ResolvedOptions } from './options.ts'
import { inspect, migrate, tableOf } from './schema.ts'
import { repeatWhileBusySync } from './waiting.ts'

/** How long one call may block the event loop for another connection's lock; longer waits are the caller's, asynchronous. */
const LOCK_WAIT_MS = 2

type OpenOptions = Pick<ResolvedOptions, 'path' | 'namespace' | 'durability' | 'busyTimeoutMs'>

/** @throws `ERR_STORE_FAILED` or `ERR_STORE_TIMEOUT`; a file that is not leeway's is left as it was. */
export function openDatabase({ path, namespace, durability, busyTimeoutMs }: OpenOptions): Database.Database {
  let db: Database.Database | undefined
  assertNode(process.versions.node)
  try {
    const created = createFile(path)
    // SQLite puts its log beside the file itself, not beside a link to it, and the checkpoint worker looks for it there.
    const file = realpathSync(path)
    const opened = new Database(file, { timeout: LOCK_WAIT_MS, fileMustExist: true })
    db = opened
    const table = tableOf(namespace)
    const state = repeatWhileBusySync(() => inspect(opened, table), busyTimeoutMs, 'open')
    if (!created) assertWritable(file)
    repeatWhileBusySync(() => configure(opened, durability), busyTimeoutMs, 'open')
    if (state !== 'current') repeatWhileBusySync(() => migrate(opened, table), busyTimeoutMs, 'open')
    return opened
  } catch (error) {
    db?.close()
    throw storeFailed(error, 'open')
  }
}

/**
 * On Node 20 better-sqlite3 13 ends the process with a segmentation fault and no message.
 * @throws `ERR_UNSUPPORTED`
 */
export function assertNode(version: string): void {
  if (Number.parseInt(version, 10) >= 22) return
  throw new LeewayError('ERR_UNSUPPORTED', `@leeway/sqlite needs Node 22 or later, and this is ${version}`, {
    operation: 'open',
  })
}

function configure(db: Database.Database, durability: ResolvedOptions['durability']): void {
  const mode = db.pragma('journal_mode = WAL', { simple: true })
  if (mode !== 'wal') fail(`${db.name} cannot have a write-ahead log: is it on a network file system?`)
  db.pragma(`synchronous = ${durability === 'power-loss' ? 'FULL' : 'NORMAL'}`)
  // The checkpoint worker cuts the log; `journal_size_limit` would do it within a commit, for 50 to 300 ms [measured, ext4].
  db.pragma('wal_autocheckpoint = 0')
}

/**
 * SQLite would make the file readable for everybody. An existing file is never opened here: closing it again would drop
 * the POSIX locks that other connections in this process have on it (sqlite.org/howtocorrupt.html, section 2.2).
 */
function createFile(path: string): boolean {
  if (!existsSync(dirname(path))) fail(`the directory ${dirname(path)} does not exist; create it first`)
  try {
    closeSync(openSync(path, 'wx', 0o600))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new LeewayError('ERR_STORE_FAILED', `cannot create ${path}: ${(error as Error).message}`, {
      operation: 'open',
      cause: error,
    })
  }
}

/** SQLite opens a file that it may not write without a word, and fails at the first save. */
function assertWritable(file: string): void {
  for (const needed of [file, dirname(file)]) {
    try {
      accessSync(needed, constants.R_OK | constants.W_OK)
    } catch (cause) {
      throw new LeewayError('ERR_STORE_FAILED', `${needed} is not writable, and sessions have to be`, {
        operation: 'open',
        cause,
      })
    }
  }
}

function fail(message: string): never {
  throw new LeewayError('ERR_STORE_FAILED', message, { operation: 'open' })
}
