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
