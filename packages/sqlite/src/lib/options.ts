import { resolve } from 'node:path'
import {
  assertKnownOptions,
  assertMaxPayloadBytes,
  assertNamespace,
  DEFAULT_MAX_PAYLOAD_BYTES,
  LeewayError,
} from '@leeway/core/adapter'

export interface SqliteStoreOptions {
  /**
   * The database file; created, for its owner only (mode 0600), where there is none. The file belongs to leeway: give
   * sessions one of their own. SQLite keeps two more files beside it, so the directory must exist and be writable. It
   * must be on a disk of this machine: SQLite's write-ahead log does not work over network file systems.
   */
  readonly path: string
  /**
   * Keeps the sessions of several applications apart in one file: 1 to 64 characters of `[a-z0-9_-]`. Default `default`.
   */
  readonly namespace?: string | undefined
  /**
   * What an acknowledged write outlives. `process-crash`: the end of the process, however it ends; a power cut can take
   * the last commits. `power-loss`: the power cut too, at the price of one `fsync` for each commit, during which the
   * event loop waits. Default `process-crash`.
   */
  readonly durability?: 'process-crash' | 'power-loss' | undefined
  /**
   * How many milliseconds a call may wait for a lock that another connection holds, before it rejects with
   * `ERR_STORE_TIMEOUT`; counted from its first attempt. The event loop runs meanwhile, except within `sqliteStore()`
   * itself, which opens synchronously. 0 fails at the first attempt. Default 5000.
   */
  readonly busyTimeoutMs?: number | undefined
  /** The longest payload, in bytes of UTF-8, at least 1. Default 1 MiB (1,048,576). */
  readonly maxPayloadBytes?: number | undefined
}

export interface ResolvedOptions {
  readonly path: string
  readonly namespace: string
  readonly durability: 'process-crash' | 'power-loss'
  readonly busyTimeoutMs: number
  readonly maxPayloadBytes: number
}

export function resolveOptions(options: SqliteStoreOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) invalid('options', 'an object with at least a path')
  const {
    path,
    namespace = 'default',
    durability = 'process-crash',
    busyTimeoutMs = 5000,
    maxPayloadBytes = DEFAULT_MAX_PAYLOAD_BYTES,
  } = options
  assertKnownOptions(options, ['path', 'namespace', 'durability', 'busyTimeoutMs', 'maxPayloadBytes'], 'open')
  assertNamespace(namespace)
  assertMaxPayloadBytes(maxPayloadBytes)
  if (durability !== 'process-crash' && durability !== 'power-loss') {
    invalid('durability', "'process-crash' or 'power-loss'")
  }
  if (!Number.isFinite(busyTimeoutMs) || busyTimeoutMs < 0) invalid('busyTimeoutMs', 'a number of milliseconds from 0')
  return { path: resolvePath(path), namespace, durability, busyTimeoutMs, maxPayloadBytes }
}

/** Absolute, because the checkpoint worker opens the file later, when the working directory may have changed. */
function resolvePath(path: unknown): string {
  if (typeof path !== 'string' || path.includes('\0')) invalid('path', 'the path of a database file')
  if (path === '' || path === ':memory:' || /^file:/i.test(path)) {
    invalid(
      'path',
      `the path of a file, not '${path}': sessions in memory or in a temporary database are not shared between ` +
        'connections; use memoryStore() of @leeway/core/memory, or a file in os.tmpdir()',
    )
  }
  // better-sqlite3 trims the name it is given, which would open another file than the one named here.
  if (path !== path.trim()) invalid('path', 'without white space at its ends')
  return resolve(path)
}

function invalid(name: string, expected: string): never {
  throw new LeewayError('ERR_INVALID_OPTION', `${name} must be ${expected}`, { operation: 'open' })
}
