import { assertKnownOptions } from './adapter/checks.ts'
import type { Millis } from './clock.ts'
import type { Header } from './envelope.ts'
import { LeewayError } from './errors.ts'

/** Timeouts of one session. What is left out stays. */
export interface SessionTimeouts {
  /** How long the session lives without use, in milliseconds. */
  readonly idleTimeoutMs?: Millis
  /** How long it lives at most, in milliseconds from the save that stores it. */
  readonly absoluteTimeoutMs?: Millis
}

/** A hundred years: beyond it arithmetic on instants would leave the safe integers some day, and nobody means it. */
export const LONGEST_MS = 100 * 366 * 24 * 60 * 60 * 1000

/** A timer of Node.js that is to wait longer fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1

/** @throws `ERR_INVALID_OPTION` for anything but a whole number of milliseconds, from `least` to `most`, a hundred years. */
export function assertSpan(value: unknown, name: string, least = 1, most = LONGEST_MS): asserts value is Millis {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
    throw new LeewayError(
      'ERR_INVALID_OPTION',
      `${name} must be a whole number of milliseconds from ${least} to ${most}`,
    )
  }
}

/** The change that gives a session its own timeouts. @throws `ERR_INVALID_OPTION` */
export function retimedHeader(timeouts: SessionTimeouts): (header: Header, now: Millis) => Header {
  assertKnownOptions(timeouts, ['idleTimeoutMs', 'absoluteTimeoutMs'], 'setTimeouts')
  const { idleTimeoutMs, absoluteTimeoutMs } = timeouts
  if (idleTimeoutMs !== undefined) assertSpan(idleTimeoutMs, 'idleTimeoutMs')
  if (absoluteTimeoutMs !== undefined) assertSpan(absoluteTimeoutMs, 'absoluteTimeoutMs')
  return (header, now) => ({
    ...header,
    ...(idleTimeoutMs !== undefined && { idleMs: idleTimeoutMs }),
    ...(absoluteTimeoutMs !== undefined && { absoluteMs: absoluteTimeoutMs, absoluteAt: now + absoluteTimeoutMs }),
  })
}
