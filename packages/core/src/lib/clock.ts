/** Integer milliseconds since the Unix epoch, or a span of them. */
export type Millis = number

/** Where core takes the time from. Applications use {@link systemClock}; tests use `manualClock()` of `@leeway/core/testing`. */
export interface Clock {
  /** Wall-clock time. */
  now(): Millis
  /** Milliseconds that only ever move forward, from an arbitrary start: tells a jump of the wall clock apart from time passing. */
  monotonic(): number
  /** Calls back once after `delayMs`, without keeping the process alive. Returns a function that cancels. */
  setTimer(callback: () => void, delayMs: number): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** A reading of the clock that never runs backwards within this process: an expired session stays expired. */
export function forwardOnly(clock: Pick<Clock, 'now'>): () => Millis {
  let latest = Number.NEGATIVE_INFINITY
  return () => {
    latest = Math.max(latest, Math.floor(clock.now()))
    return latest
  }
}
