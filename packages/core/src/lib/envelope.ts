import type { Aside } from './aside.ts'
import type { Millis } from './clock.ts'
import type { StoredSession, Version } from './store.ts'

/** What core keeps about a session beside its data. */
export interface Header extends Aside {
  readonly createdAt: Millis
  /** The absolute end. */
  readonly absoluteAt: Millis
  /** The session's own timeouts. */
  readonly idleMs: Millis
  readonly absoluteMs: Millis
  /** How long it lives without use until a second request has presented its token and written; absent from then on. */
  readonly firstIdleMs?: Millis
  /** Raised by every login. A write that began in an earlier epoch is refused. */
  readonly epoch: number
  /** The versions before this one, latest first: how a write whose answer was lost is recognised. */
  readonly recent: readonly Version[]
  /** Which shape the data has, in the application's count. Absent in records of version 1. */
  readonly dataVersion?: number
  /** Null in records whose framework keeps the cookie. */
  readonly credentials: Credentials | null
}

/** The secrets that open a session, as SHA-256 in base64url. */
export interface Credentials {
  readonly current: string
  /** Becomes current once a request presents it. It is HMAC(current secret, nonce). */
  readonly pending: { readonly hash: string; readonly nonce: string } | null
  /** Still honoured before `until`; presented later it is a sign of theft. */
  readonly previous: { readonly hash: string; readonly until: Millis } | null
}

/** A stored session whose header has been read. */
interface Entry extends Omit<StoredSession, 'payload'> {
  readonly header: Header
}

/** A stored session, read as far as its header goes: whoever has no right to the session needs no more. */
export interface SealedSnapshot extends Entry {
  /** The data and what stands aside, as they are in the store: perhaps encrypted, and data of an older version. */
  readonly sealed: string
}

/** A stored session, read: the header, and the data as text, as it is stored and as the application sees it. */
export interface Snapshot extends Entry {
  readonly raw: string
  readonly text: string
}

const FORMAT = 1

/** One line of JSON for the header, then the data as it is, so that data is never encoded twice. */
export function encodeEnvelope(header: Header, text: string): string {
  return `${JSON.stringify({ format: FORMAT, ...header })}\n${text}`
}

/** `undefined` for a payload that is not one of ours. */
export function decodeEnvelope(payload: string): { header: Header; text: string } | undefined {
  const end = payload.indexOf('\n')
  if (end < 0) return undefined
  let header: unknown
  try {
    header = JSON.parse(payload.slice(0, end))
  } catch {
    return undefined
  }
  return isHeader(header) ? { header, text: payload.slice(end + 1) } : undefined
}

function isHeader(value: unknown): value is Header {
  if (!isObject(value) || value.format !== FORMAT) return false
  return (
    [value.createdAt, value.absoluteAt, value.idleMs, value.absoluteMs, value.epoch].every(Number.isSafeInteger) &&
    Array.isArray(value.recent) &&
    value.recent.every((version) => typeof version === 'string') &&
    (value.firstIdleMs === undefined || Number.isSafeInteger(value.firstIdleMs)) &&
    value.flash === undefined &&
    value.client === undefined &&
    (value.dataVersion === undefined || isDataVersion(value.dataVersion)) &&
    (value.credentials === null || isCredentials(value.credentials))
  )
}

/** Data is counted in versions from 1. */
export function isDataVersion(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1
}

function isCredentials(value: unknown): value is Credentials {
  if (!isObject(value) || typeof value.current !== 'string') return false
  const { pending, previous } = value
  return (
    (pending === null ||
      (isObject(pending) && typeof pending.hash === 'string' && typeof pending.nonce === 'string')) &&
    (previous === null ||
      (isObject(previous) && typeof previous.hash === 'string' && Number.isSafeInteger(previous.until)))
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
