import { LeewayError } from '../errors.ts'
import type { Lifetime, ListQuery, LoadedRef, StoredSession, SweepOptions } from '../store.ts'

/** What a store accepts as a payload unless it is told otherwise: 1 MiB of UTF-8. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 1_048_576

const idPattern = /^[a-z0-9]{26}$/
const versionPattern = /^[A-Za-z0-9_-]{16,32}$/
const namespacePattern = /^[a-z0-9_-]{1,64}$/

export function isSessionId(value: unknown): value is string {
  return typeof value === 'string' && idPattern.test(value)
}

/** @throws `ERR_INVALID_ID` for anything but 26 characters of `[a-z0-9]`, so that an id can never name another file or key. */
export function assertId(id: unknown, operation: string): asserts id is string {
  if (!isSessionId(id)) {
    throw new LeewayError('ERR_INVALID_ID', 'a session id is 26 characters of a-z and 0-9', { operation, id })
  }
}

/** @throws `ERR_INVALID_RECORD` for anything but 16 to 32 characters of `[A-Za-z0-9_-]`. */
export function assertVersion(version: unknown, operation: string): asserts version is string {
  if (typeof version !== 'string' || !versionPattern.test(version)) {
    throw new LeewayError('ERR_INVALID_RECORD', 'a version is 16 to 32 characters of A-Z, a-z, 0-9, _ and -', {
      operation,
    })
  }
}

/** @throws `ERR_INVALID_RECORD` where an instant is not a whole number of milliseconds, or the purge comes before the expiry. */
export function assertLifetime(lifetime: Lifetime, operation: string): void {
  const { expiresAt, purgeAt } = lifetime
  if (!Number.isSafeInteger(expiresAt) || !Number.isSafeInteger(purgeAt) || purgeAt < expiresAt) {
    throw new LeewayError(
      'ERR_INVALID_RECORD',
      'expiresAt and purgeAt are whole milliseconds, and purgeAt is not before expiresAt',
      {
        operation,
      },
    )
  }
}

/** @throws `ERR_INVALID_ID` or `ERR_INVALID_RECORD`. */
export function assertLoadedRef(loaded: LoadedRef, operation: string): void {
  assertId(loaded.id, operation)
  assertVersion(loaded.version, operation)
  assertOwner(loaded.owner, operation)
}

/** @throws `ERR_INVALID_ID`, `ERR_INVALID_RECORD`, `ERR_INVALID_PAYLOAD` (not well-formed Unicode) or `ERR_PAYLOAD_TOO_LARGE`. */
export function assertSession(session: StoredSession, operation: string, maxPayloadBytes: number): void {
  assertLoadedRef(session, operation)
  assertLifetime(session, operation)
  const { id, payload } = session
  if (typeof payload !== 'string' || !payload.isWellFormed()) {
    throw new LeewayError('ERR_INVALID_PAYLOAD', 'a payload is a string of well-formed Unicode', { operation, id })
  }
  // A UTF-16 unit takes at most three bytes of UTF-8, so most payloads need no counting.
  if (payload.length * 3 > maxPayloadBytes) {
    const bytes = Buffer.byteLength(payload)
    if (bytes > maxPayloadBytes) {
      throw new LeewayError(
        'ERR_PAYLOAD_TOO_LARGE',
        `the payload has ${bytes} bytes, and this store takes ${maxPayloadBytes}`,
        {
          operation,
          id,
        },
      )
    }
  }
}

/** @throws `ERR_INVALID_OPTION`. */
export function assertSweepOptions(options: SweepOptions): void {
  if (!Number.isSafeInteger(options.cutoff)) invalid('sweep', 'cutoff', 'a whole number of milliseconds')
  assertLimit(options.limit, 'sweep')
  if (typeof options.budgetMs !== 'number' || !(options.budgetMs > 0))
    invalid('sweep', 'budgetMs', 'a number of milliseconds above 0')
  assertCursor(options.cursor, 'sweep')
}

/** @throws `ERR_INVALID_OPTION` or `ERR_INVALID_RECORD`. */
export function assertListQuery(query: ListQuery): void {
  assertLimit(query.limit, 'list')
  assertCursor(query.cursor, 'list')
  if (query.owner !== undefined) assertOwner(query.owner, 'list')
}

/**
 * A namespace keeps the records of several applications apart in one storage.
 * @throws `ERR_INVALID_OPTION` for anything but 1 to 64 characters of `[a-z0-9_-]`.
 */
export function assertNamespace(namespace: unknown): asserts namespace is string {
  if (typeof namespace !== 'string' || !namespacePattern.test(namespace)) {
    invalid('open', 'namespace', '1 to 64 characters of a-z, 0-9, _ and -')
  }
}

/**
 * Refuses an option that does not exist: a misspelt one would be a default in silence.
 * @throws `ERR_INVALID_OPTION`
 */
export function assertKnownOptions(options: object, known: readonly string[], operation: string): void {
  if (typeof options !== 'object' || options === null) invalid(operation, 'options', 'an object')
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const meant = known.find((other) => other.toLowerCase().startsWith(name.toLowerCase()))
    const hint = meant === undefined ? `there are ${known.join(', ')}` : `did you mean ${meant}?`
    throw new LeewayError('ERR_INVALID_OPTION', `unknown option ${name}; ${hint}`, { operation })
  }
}

/** @throws `ERR_INVALID_OPTION` for anything but a whole number of at least 1. */
export function assertMaxPayloadBytes(bytes: unknown): asserts bytes is number {
  if (!Number.isSafeInteger(bytes) || (bytes as number) < 1)
    invalid('open', 'maxPayloadBytes', 'a whole number of at least 1')
}

function assertOwner(owner: unknown, operation: string): void {
  if (owner !== null && (typeof owner !== 'string' || owner.length > 255 || !owner.isWellFormed())) {
    throw new LeewayError('ERR_INVALID_RECORD', 'an owner is null or at most 255 characters of well-formed Unicode', {
      operation,
    })
  }
}

function assertLimit(limit: unknown, operation: string): void {
  if (!Number.isSafeInteger(limit) || (limit as number) < 1) invalid(operation, 'limit', 'a whole number of at least 1')
}

function assertCursor(cursor: unknown, operation: string): void {
  if (cursor !== undefined && typeof cursor !== 'string')
    invalid(operation, 'cursor', 'a string from an earlier result')
}

function invalid(operation: string, name: string, expected: string): never {
  throw new LeewayError('ERR_INVALID_OPTION', `${name} must be ${expected}`, { operation })
}
