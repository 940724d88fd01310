import { LeewayError } from './errors.ts'

/**
 * For what a callback gave back that must not be asynchronous, as it may run more than once within one operation.
 *
 * @throws `ERR_INVALID_OPTION` if it is a promise
 */
export function assertSynchronous<T>(
  result: T,
  callback: string,
  operation: string,
): asserts result is Exclude<T, Promise<unknown>> {
  if (typeof result !== 'object' || result === null || !('then' in result) || typeof result.then !== 'function') return
  // It is refused here; that it may reject later is nobody's concern.
  if (result instanceof Promise) result.catch(() => {})
  throw new LeewayError('ERR_INVALID_OPTION', `${callback} must be synchronous: it may run more than once`, {
    operation,
  })
}
