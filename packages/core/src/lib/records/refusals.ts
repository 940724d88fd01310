import { LeewayError } from '../errors.ts'
import type { SessionId } from '../store.ts'

/** Why an operation that has to give something back cannot. */
export function refusal(status: 'gone' | 'superseded', operation: string, id: SessionId): LeewayError {
  return status === 'gone'
    ? new LeewayError('ERR_GONE', 'the session was logged out, revoked or has ended', { operation, id })
    : new LeewayError('ERR_SUPERSEDED', 'somebody logged in to the session after this request loaded it', {
        operation,
        id,
      })
}

/** @throws `ERR_INVALID_OPTION` for what a callback of `update()` gave back, if it is a promise. */
export function assertSynchronous(result: unknown): void {
  if (typeof result !== 'object' || result === null || typeof (result as { then?: unknown }).then !== 'function') return
  throw new LeewayError(
    'ERR_INVALID_OPTION',
    'the callback of update() must be synchronous: it may run more than once',
    { operation: 'update' },
  )
}
