import { type ErrorCode, isLeewayError, type LeewayError, statusOf } from '../errors.ts'

/** What a request does while the store is failing. */
export type OutageAnswer = 'fail' | 'anonymous'

/** Decides by the error, whose `operation` is what failed (`load`, `create`, `update`, `touch`), and by the request. */
export type OutageDecision<Request> = (error: LeewayError, request: Request) => OutageAnswer

const OUTAGES: readonly ErrorCode[] = [
  'ERR_NOT_REPLICATED',
  'ERR_STORE_CLOSED',
  'ERR_STORE_FAILED',
  'ERR_STORE_TIMEOUT',
]

/** Whether the store is at fault, rather than the application, its data or another request. */
export function isOutage(error: unknown): error is LeewayError {
  return isLeewayError(error) && OUTAGES.includes(error.code)
}

/** An answer to a failure that is not the application's doing. */
export interface FailureAnswer {
  readonly status: 409 | 503
  readonly message: string
}

/**
 * How to answer for an error: 503 where the store is in trouble or a newer release has to answer, 409 where another request got there first, nothing where
 * it is the application's own. An error that has one of leeway's as its `cause` is answered for as that one. The message tells a visitor nothing about either.
 */
export function failureAnswer(error: unknown): FailureAnswer | undefined {
  const found = isLeewayError(error) ? error : Object(error).cause
  const status = isLeewayError(found) ? statusOf(found.code) : undefined
  if (status === 503) return { status, message: 'sessions are unavailable, please try again' }
  if (status === 409) return { status, message: 'another request got there first, please try again' }
  return undefined
}
