import type { Millis } from '../clock.ts'
import { LeewayError } from '../errors.ts'

const LONGEST = 255

/** @throws `ERR_INVALID_OPTION` for anything but 1 to 255 characters of well-formed Unicode. */
export function assertOwnerId(ownerId: unknown, operation: string): asserts ownerId is string {
  if (typeof ownerId !== 'string' || ownerId.length < 1 || ownerId.length > LONGEST || !ownerId.isWellFormed()) {
    throw new LeewayError('ERR_INVALID_OPTION', `an owner is a string of 1 to ${LONGEST} characters`, { operation })
  }
}

/** @throws `ERR_INVALID_OPTION` for an instant that is no whole millisecond or lies ahead. */
export function assertCheckedAt(instant: Millis, now: Millis): Millis {
  if (!Number.isSafeInteger(instant) || instant > now) {
    throw new LeewayError(
      'ERR_INVALID_OPTION',
      'credentialsCheckedAt is a whole number of milliseconds, not ahead of now',
      {
        operation: 'login',
      },
    )
  }
  return instant
}
