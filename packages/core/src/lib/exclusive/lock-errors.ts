import { LeewayError } from '../errors.ts'
import type { SessionId } from '../store.ts'

/** Of a write inside the callback of `exclusive()` that was refused. */
export function lockLost(operation: string, id: SessionId | undefined): LeewayError {
  return new LeewayError('ERR_LOCK_LOST', 'the session is no longer exclusive to this caller; nothing was written', {
    operation,
    id,
  })
}

export function lockTimeout(id: SessionId): LeewayError {
  return new LeewayError('ERR_LOCK_TIMEOUT', 'others had the session to themselves for longer than waitMs', {
    operation: 'exclusive',
    id,
  })
}

export function lockNested(id: SessionId): LeewayError {
  return new LeewayError('ERR_LOCK_NESTED', 'exclusive() was called inside the callback of another for this session', {
    operation: 'exclusive',
    id,
  })
}
