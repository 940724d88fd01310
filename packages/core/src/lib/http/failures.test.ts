import { expect, it } from 'vitest'
import { ERROR_CODES, LeewayError } from '../errors.ts'
import { failureAnswer, isOutage } from './failures.ts'

it('a failing store is an outage, and a full, wrong or overtaken session is none', () => {
  const outages = ERROR_CODES.filter((code) => isOutage(new LeewayError(code, 'x')))
  expect(outages).toEqual(['ERR_NOT_REPLICATED', 'ERR_STORE_CLOSED', 'ERR_STORE_FAILED', 'ERR_STORE_TIMEOUT'])
  expect(isOutage(new Error('ERR_STORE_FAILED'))).toBe(false)
})

it('an error is answered with 503 for the store, with 409 for another request, and otherwise by the application', () => {
  const answered = (status: number) =>
    ERROR_CODES.filter((code) => failureAnswer(new LeewayError(code, 'x'))?.status === status)
  expect(answered(503)).toEqual([
    'ERR_NEWER_DATA',
    'ERR_NOT_REPLICATED',
    'ERR_STORE_CLOSED',
    'ERR_STORE_FAILED',
    'ERR_STORE_TIMEOUT',
    'ERR_UPDATE_TIMEOUT',
  ])
  expect(answered(409)).toEqual([
    'ERR_CONFLICT',
    'ERR_GONE',
    'ERR_LOCK_LOST',
    'ERR_LOCK_TIMEOUT',
    'ERR_REVOKED',
    'ERR_SUPERSEDED',
  ])
  expect(failureAnswer(new Error('mine'))).toBeUndefined()
  expect(failureAnswer(undefined)).toBeUndefined()
})

it('an error is answered for by its cause, where that is one of ours, as Hono has it', () => {
  const cause = new LeewayError('ERR_STORE_FAILED', 'x')
  expect(failureAnswer(new Error('mine', { cause }))).toEqual(failureAnswer(cause))
  expect(failureAnswer(new Error('mine', { cause: new Error('another') }))).toBeUndefined()
})

it('a visitor is told nothing of what failed', () => {
  const cause = new Error('connect ECONNREFUSED redis.internal:6379')
  const answer = failureAnswer(new LeewayError('ERR_STORE_FAILED', 'failed to load', { cause, id: 'abcdefghij' }))
  expect(answer?.message).toBe('sessions are unavailable, please try again')
})
