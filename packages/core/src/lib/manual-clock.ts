import type { Clock, Millis } from './clock.ts'

/** A clock that moves only when it is told to. */
export interface ManualClock extends Clock {
  /** Lets time pass: wall clock and monotonic clock move on together, and timers that fall due are called in order. */
  advance(ms: Millis): void
  /** Sets the wall clock alone, forward or back, as an operator or NTP would: no time passes and no timer is called. */
  jumpTo(instant: Millis): void
  /** The same time seen by a machine whose wall clock is `ms` ahead (behind, if negative). */
  skewedBy(ms: Millis): Clock
  /** Timers that are waiting. */
  readonly pendingTimers: number
}

interface Timer {
  readonly due: number
  readonly callback: () => void
}

/**
 * For tests of expiry without waiting: pass it as `clock` to `createSessions`.
 *
 * @param start the first reading, in milliseconds since the epoch; default 2026-01-01T00:00:00Z
 * @example
 * const clock = manualClock()
 * const sessions = createSessions({ store: memoryStore(), clock })
 * clock.advance(30 * 60_000)
 */
export function manualClock(start: Millis = Date.UTC(2026, 0, 1)): ManualClock {
  let wall = start
  let elapsed = 0
  const timers = new Set<Timer>()

  const clock: ManualClock = {
    now: () => wall,
    monotonic: () => elapsed,
    setTimer(callback, delayMs) {
      const timer = { due: elapsed + delayMs, callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance(ms) {
      const end = elapsed + ms
      for (let next = earliest(timers, end); next; next = earliest(timers, end)) {
        timers.delete(next)
        wall += next.due - elapsed
        elapsed = next.due
        next.callback()
      }
      wall += end - elapsed
      elapsed = end
    },
    jumpTo(instant) {
      wall = instant
    },
    skewedBy: (ms) => ({ ...clock, now: () => wall + ms }),
    get pendingTimers() {
      return timers.size
    },
  }
  return clock
}

function earliest(timers: Iterable<Timer>, latestDue: number): Timer | undefined {
  let found: Timer | undefined
  for (const timer of timers) if (timer.due <= latestDue && (!found || timer.due < found.due)) found = timer
  return found
}
