import type { Millis } from './clock.ts'
import type { Lifetime } from './store.ts'

/** When a session ends: `idleMs` after its last use, and at `absoluteAt` whatever happens. */
export interface Timeouts {
  readonly idleMs: Millis
  /** In place of `idleMs`, if it is shorter, for as long as nobody has come back with the session's token. */
  readonly firstIdleMs?: Millis
  readonly absoluteAt: Millis
}

/** A session is served until the instant before `expiresAt`. */
export function isLive(now: Millis, expiresAt: Millis): boolean {
  return now < expiresAt
}

/** From `purgeAt` on a store may have forgotten the record. */
export function isPurged(now: Millis, purgeAt: Millis): boolean {
  return now >= purgeAt
}

/** The lifetime of a session used at `now`. */
export function lifetimeAt(now: Millis, timeouts: Timeouts, graceMs: Millis): Lifetime {
  const { idleMs, firstIdleMs = idleMs, absoluteAt } = timeouts
  const expiresAt = Math.min(now + Math.min(idleMs, firstIdleMs), absoluteAt)
  return { expiresAt, purgeAt: expiresAt + graceMs }
}

/**
 * Whether moving the expiry from `expiresAt` to `renewed` is worth a write: once per interval, and always when less
 * than an interval is left, so that a session in use never ends between two touches.
 */
export function isTouchDue(now: Millis, expiresAt: Millis, renewed: Millis, touchIntervalMs: Millis): boolean {
  const gain = renewed - expiresAt
  return gain > 0 && (gain >= touchIntervalMs || expiresAt - now <= touchIntervalMs)
}
