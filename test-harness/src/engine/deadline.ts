export const TIMED_OUT = Symbol('timed out')
export const ABORTED = Symbol('aborted')

/**
 * The one real timer of the kit. Rules move their own clock and wait for nothing but the store, so a check in which the
 * store answers nothing for seconds has met a call that never answers; without a deadline it would take the whole run
 * with it. A store that never yields to the event loop cannot be interrupted; loops in rules are bounded for its sake.
 *
 * @param lastSign the instant, in milliseconds of `performance.now()`, of the last sign of life, if there is any
 * @param signal ends the wait early
 */
export async function within<T>(
  ms: number,
  work: Promise<T>,
  lastSign: () => number = () => Number.NEGATIVE_INFINITY,
  signal?: AbortSignal,
): Promise<T | typeof TIMED_OUT | typeof ABORTED> {
  const { promise: ended, resolve } = Promise.withResolvers<typeof TIMED_OUT | typeof ABORTED>()
  const abort = () => resolve(ABORTED)
  const started = performance.now()
  let timer: NodeJS.Timeout | undefined
  const wait = (left: number) => {
    timer = setTimeout(() => {
      const silentMs = performance.now() - Math.max(started, lastSign())
      if (silentMs >= ms) resolve(TIMED_OUT)
      else wait(ms - silentMs)
    }, Math.ceil(left))
  }
  wait(ms)
  if (signal?.aborted) abort()
  else signal?.addEventListener('abort', abort)
  try {
    return await Promise.race([work, ended])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
