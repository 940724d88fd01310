import { isLeewayError } from '../errors.ts'

/** How a turn ended, for the next one. */
interface End<Value> {
  readonly left: Value | undefined
  /** The backend failed: whoever waits would only fail after it, one deadline after the other. */
  readonly isOutage: boolean
}

/**
 * First in, first out per key: work on one session takes turns within the process, and each turn is handed what the
 * one before it left, so that a queue of writers does not fight over a version that is already known. When the backend
 * fails, those that wait all try at once: being a compare-and-set, their work needs no turns to be right.
 */
export class Turns<Value> {
  readonly #tails = new Map<string, Promise<End<Value>>>()

  /** Runs `work` when those before it are done. `work` reports through `leave` what the next turn may start from. */
  async run<T>(key: string, work: (left: Value | undefined, leave: (value: Value) => void) => Promise<T>): Promise<T> {
    const before = this.#tails.get(key)
    let left: Value | undefined
    let isOutage = false
    const { promise: tail, resolve: finish } = Promise.withResolvers<End<Value>>()
    this.#tails.set(key, tail)
    try {
      if (before) ({ left, isOutage } = await before)
      if (isOutage) finish({ left, isOutage })
      return await work(left, (value) => {
        left = value
      })
    } catch (error) {
      isOutage = isBackendFailure(error)
      throw error
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
      finish({ left, isOutage })
    }
  }
}

function isBackendFailure(error: unknown): boolean {
  return isLeewayError(error) && ['ERR_STORE_FAILED', 'ERR_STORE_TIMEOUT', 'ERR_NOT_REPLICATED'].includes(error.code)
}
