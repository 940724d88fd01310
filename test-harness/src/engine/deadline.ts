export const TIMED_OUT = Symbol('timed out')

/**
 * The one real timer of the kit. Rules move their own clock and wait for nothing but the store, so a check that takes
 * seconds has met a call that never answers; without a deadline it would take the whole run with it.
 * A store that never yields to the event loop cannot be interrupted; loops in rules are bounded for its sake.
 */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | typeof TIMED_OUT> {
  const { promise: timedOut, resolve } = Promise.withResolvers<typeof TIMED_OUT>()
  const timer = setTimeout(resolve, ms, TIMED_OUT)
  try {
    return await Promise.race([work, timedOut])
  } finally {
    clearTimeout(timer)
  }
}
