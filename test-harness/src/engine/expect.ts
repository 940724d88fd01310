import { isDeepStrictEqual } from 'node:util'
import {
  type ErrorCode,
  isLeewayError,
  type LeewayError,
  type SessionId,
  type SessionStore,
  type StoredSession,
} from '@leeway/core/adapter'
import { ConformanceFailure } from './failure.ts'

export function expectEqual(actual: unknown, expected: unknown, message: string): void {
  if (!isDeepStrictEqual(actual, expected)) throw new ConformanceFailure(message, { expected, actual })
}

export function expectOneOf<T>(actual: T, allowed: readonly T[], message: string): void {
  if (!allowed.includes(actual)) throw new ConformanceFailure(message, { expected: allowed, actual })
}

export function expectThat(condition: boolean, message: string, actual?: unknown): asserts condition {
  if (!condition) throw new ConformanceFailure(message, actual === undefined ? {} : { actual })
}

/** The call resolves with `expected`; a rejection is a failure as well. */
export async function expectAnswer<T>(call: Promise<T>, expected: NoInfer<T>, message: string): Promise<void> {
  expectEqual(await answerOf(call, message), expected, message)
}

/** What the call resolves with; a rejection is a failure. */
export async function answerOf<T>(call: Promise<T>, message: string): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw new ConformanceFailure(`${message}: the call rejected`, { actual: describeError(error) })
  }
}

/** The record is stored with exactly these fields. */
export async function expectStored(store: SessionStore, expected: StoredSession, message: string): Promise<void> {
  const loaded = await answerOf(store.load(expected.id), message)
  expectEqual(loaded && fieldsOf(loaded), fieldsOf(expected), message)
}

/** Nothing is stored under the id. */
export async function expectAbsent(store: SessionStore, id: SessionId, message: string): Promise<void> {
  expectEqual(await answerOf(store.load(id), message), undefined, message)
}

/** The call returns a promise that rejects with a `LeewayError` of one of these codes. */
export async function expectRefusal(
  call: () => Promise<unknown>,
  codes: ErrorCode | readonly ErrorCode[],
  message: string,
): Promise<LeewayError> {
  const expected = [codes].flat()
  const returned = returnedBy(call, message)
  let answer: unknown
  try {
    answer = await returned
  } catch (error) {
    if (isLeewayError(error) && expected.includes(error.code)) return error
    throw new ConformanceFailure(message, { expected: expected.join(' or '), actual: describeError(error) })
  }
  throw new ConformanceFailure(`${message}: the call resolved`, { expected: expected.join(' or '), actual: answer })
}

/** The promise that the call returns. What throws, or returns something else, has no caller who could catch it. */
function returnedBy(call: () => Promise<unknown>, message: string): Promise<unknown> {
  let returned: unknown
  try {
    returned = call()
  } catch (error) {
    throw new ConformanceFailure(`${message}: the call threw instead of returning a promise that rejects`, {
      expected: 'a promise',
      actual: describeError(error),
    })
  }
  // Not `instanceof`: under jest, promises of Node itself are those of another realm.
  if (typeof (returned as { then?: unknown } | undefined)?.then === 'function') return Promise.resolve(returned)
  throw new ConformanceFailure(`${message}: the call returned no promise`, { expected: 'a promise', actual: returned })
}

export function fieldsOf({ id, version, payload, owner, expiresAt, purgeAt }: StoredSession): StoredSession {
  return { id, version, payload, owner, expiresAt, purgeAt }
}

export function describeError(error: unknown): string {
  if (isLeewayError(error)) return `${error.code} (${error.operation}): ${error.message}`
  return error instanceof Error ? `${error.name}: ${error.message}` : `a thrown ${typeof error}`
}
