/** Every code a `LeewayError` can carry. Each is explained in docs/errors.md; a test holds list and page together. */
export const ERROR_CODES = [
  'ERR_CLOCK_JUMP',
  'ERR_CONFLICT',
  'ERR_GONE',
  'ERR_INVALID_DATA',
  'ERR_INVALID_ID',
  'ERR_INVALID_OPTION',
  'ERR_INVALID_PAYLOAD',
  'ERR_INVALID_RECORD',
  'ERR_LOCK_LOST',
  'ERR_LOCK_NESTED',
  'ERR_LOCK_TIMEOUT',
  'ERR_NEWER_DATA',
  'ERR_NOT_REPLICATED',
  'ERR_NOT_SERIALIZABLE',
  'ERR_PAYLOAD_TOO_LARGE',
  'ERR_REVOKED',
  'ERR_STORE_CLOSED',
  'ERR_STORE_FAILED',
  'ERR_STORE_TIMEOUT',
  'ERR_SUPERSEDED',
  'ERR_UNSUPPORTED',
  'ERR_UPDATE_TIMEOUT',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** What may go well a moment later, or in another process. */
const BUSY: readonly ErrorCode[] = [
  'ERR_NEWER_DATA',
  'ERR_NOT_REPLICATED',
  'ERR_STORE_CLOSED',
  'ERR_STORE_FAILED',
  'ERR_STORE_TIMEOUT',
  'ERR_UPDATE_TIMEOUT',
]
const OVERTAKEN: readonly ErrorCode[] = [
  'ERR_CONFLICT',
  'ERR_GONE',
  'ERR_LOCK_LOST',
  'ERR_LOCK_TIMEOUT',
  'ERR_REVOKED',
  'ERR_SUPERSEDED',
]

/** The HTTP status of the answer to an error, nothing where it is the application's own. */
export function statusOf(code: ErrorCode): 409 | 503 | undefined {
  if (BUSY.includes(code)) return 503
  return OVERTAKEN.includes(code) ? 409 : undefined
}

export interface LeewayErrorDetails {
  /** What was being done: `load`, `save`, `login`, ... */
  readonly operation?: string | undefined
  /** The session concerned; only its first six characters are kept. */
  readonly id?: unknown
  readonly cause?: unknown
  /** With `ERR_CONFLICT`: the top-level keys that both sides changed differently. */
  readonly keys?: readonly string[] | undefined
  /** With `ERR_NOT_SERIALIZABLE`: where the value stands, such as `data.cart[3].at`. */
  readonly path?: string | undefined
  /** With `ERR_INVALID_DATA`: the paths that do not fit the schema, ten at most. */
  readonly paths?: readonly string[] | undefined
}

const brand = Symbol.for('leeway.error')

/** The one error class of leeway. Tell it apart with {@link isLeewayError}, and causes by `code`. */
export class LeewayError extends Error {
  override readonly name = 'LeewayError'
  readonly [brand] = true
  readonly code: ErrorCode
  readonly operation: string | undefined
  /** The first six characters of the session's id, enough to find it and too few to use it. */
  readonly id: string | undefined
  readonly keys: readonly string[] | undefined
  readonly path: string | undefined
  readonly paths: readonly string[] | undefined
  /**
   * 503 where the store is in trouble or a newer release has to answer, 409 where another request got there first,
   * nothing where it is the application's own error. Express, Fastify and Koa answer with the status of an error.
   */
  readonly status: 409 | 503 | undefined

  constructor(code: ErrorCode, message: string, details: LeewayErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.operation = details.operation
    this.id = details.id === undefined ? undefined : redactId(details.id)
    this.keys = details.keys
    this.path = details.path
    this.paths = details.paths
    this.status = statusOf(code)
  }
}

/** True for a `LeewayError` of any installed copy of leeway, which `instanceof` would not be. */
export function isLeewayError(value: unknown): value is LeewayError {
  return typeof value === 'object' && value !== null && (value as { [brand]?: unknown })[brand] === true
}

/** The first six characters of an id, for logs and errors. */
export function redactId(id: unknown): string {
  return typeof id === 'string' ? `${id.slice(0, 6)}…` : typeof id
}
