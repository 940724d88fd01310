/**
 * For authors of stores: the contract, the checks that every store makes of what it is given, and its lifecycle.
 * @module
 */
export {
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
  isSessionId,
} from './lib/adapter/checks.ts'
export { Gate } from './lib/adapter/gate.ts'
export type { Clock, Millis } from './lib/clock.ts'
export { type ErrorCode, isLeewayError, LeewayError, redactId } from './lib/errors.ts'
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
