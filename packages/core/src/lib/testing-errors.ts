import { isLeewayError, type LeewayError } from './errors.ts'

/** The `LeewayError` that a call throws. */
export function thrownBy(call: () => unknown): LeewayError {
  try {
    call()
  } catch (error) {
    if (isLeewayError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** The `LeewayError` that a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<LeewayError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if (!('error' in outcome)) throw new Error(`resolved with ${JSON.stringify(outcome.value)}`)
  if (isLeewayError(outcome.error)) return outcome.error
  throw outcome.error
}
