import type { Clock, Millis } from '../clock.ts'

/** First in, first out per key, within the process: each waits for those before it, and no longer than it wants to. */
export class Line {
  readonly #setTimer: Clock['setTimer']
  /** Those that wait, by key. A key is there as long as somebody's turn lasts. */
  readonly #waiting = new Map<string, (() => void)[]>()

  constructor(clock: Pick<Clock, 'setTimer'>) {
    this.#setTimer = (callback, delayMs) => clock.setTimer(callback, delayMs)
  }

  /** Resolves with whether it is this caller's turn, which then lasts until `leave`; false after `waitMs`. */
  async enter(key: string, waitMs: Millis): Promise<boolean> {
    const waiting = this.#waiting.get(key)
    if (!waiting) {
      this.#waiting.set(key, [])
      return true
    }
    if (waitMs <= 0) return false
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const admit = () => {
      cancel()
      resolve(true)
    }
    const cancel = this.#setTimer(() => {
      waiting.splice(waiting.indexOf(admit), 1)
      resolve(false)
    }, waitMs)
    waiting.push(admit)
    return promise
  }

  /** Ends a turn. */
  leave(key: string): void {
    const next = this.#waiting.get(key)?.shift()
    if (next) next()
    else this.#waiting.delete(key)
  }
}
