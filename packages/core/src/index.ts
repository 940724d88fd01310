/**
 * Web sessions that are never lost to a cleanup, never come back after a logout and never overwrite each other.
 * @module
 */
export type { ClientHints } from './lib/aside.ts'
export { type Clock, type Millis, systemClock } from './lib/clock.ts'
export { type CookieOptions, readToken, type SetCookieOptions, setCookie } from './lib/cookie.ts'
export { type Codec, jsonCodec } from './lib/data/codec.ts'
export { type EncryptedCodecOptions, encryptedCodec } from './lib/data/encrypted-codec.ts'
export type { EncryptionKey } from './lib/data/encryption-keys.ts'
export type { ConflictingValues, ConflictResolver, OnConflict } from './lib/data/merge.ts'
export { ERROR_CODES, type ErrorCode, isLeewayError, LeewayError, type LeewayErrorDetails } from './lib/errors.ts'
export {
  type ConflictEvent,
  EVENT_NAMES,
  type Events,
  type GoneEvent,
  type MissEvent,
  type OverwriteEvent,
  type SessionEvent,
  type StoreErrorEvent,
  type SweepEvent,
} from './lib/events.ts'
export type { ExclusiveOptions } from './lib/exclusive/exclusive-options.ts'
export type { RecordsOptions } from './lib/options.ts'
export type { SaveStatus } from './lib/records/record-types.ts'
export type { SessionDetails, SessionInfo } from './lib/sessions/owner-sessions.ts'
export type { Session } from './lib/sessions/session.ts'
export type { ListOptions, LoginOptions, OpenOptions, SaveResult } from './lib/sessions/session-types.ts'
export { createSessions } from './lib/sessions/sessions.ts'
export type { RevokeAllOptions, Sessions, SessionsOptions } from './lib/sessions/sessions-api.ts'
export type {
  Lifetime,
  ListedSession,
  ListPage,
  ListQuery,
  LoadedRef,
  SessionId,
  SessionStore,
  StoreCapabilities,
  StoredSession,
  SweepOptions,
  SweepResult,
  Version,
} from './lib/store.ts'
export type { SweepBatchOptions, SweepCount, Sweeper, SweeperOptions } from './lib/sweep/sweeper.ts'
export type { SessionTimeouts } from './lib/timeouts.ts'
