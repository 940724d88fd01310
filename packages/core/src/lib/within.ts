import type { Clock, Millis } from './clock.ts'
import { LeewayError } from './errors.ts'
import { publish } from './events.ts'

/**
 * Waits no longer than this for the store. What it does later is nobody's any more.
 * @throws `ERR_STORE_TIMEOUT`
 */
export function within<T>(work: Promise<T>, limitMs: Millis, clock: Clock, operation: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimer(() => {
      const error = new LeewayError('ERR_STORE_TIMEOUT', `the session store did not answer within ${limitMs} ms`, {
        operation,
      })
      publish('leeway:store:error', () => ({ operation, code: error.code, error }))
      reject(error)
    }, limitMs)
    work.then(
      (value) => {
        cancel()
        resolve(value)
      },
      (error: unknown) => {
        cancel()
        reject(error)
      },
    )
  })
}
