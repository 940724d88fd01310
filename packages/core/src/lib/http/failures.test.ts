import { expect, it } from 'vitest'
import { ERROR_CODES, LeewayError } from '../errors.ts'
import { manualClock } from '../manual-clock.ts'
import { rejectionOf } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { failureAnswer, isOutage, within } from './failures.ts'

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

it('a visitor is told nothing of what failed', () => {
  const cause = new Error('connect ECONNREFUSED redis.internal:6379')
  const answer = failureAnswer(new LeewayError('ERR_STORE_FAILED', 'failed to load', { cause, id: 'abcdefghij' }))
  expect(answer?.message).toBe('sessions are unavailable, please try again')
})

it('waits for as long as it was told, and not a millisecond longer', async () => {
  using events = recordEvents()
  const clock = manualClock()
  const answer = within(new Promise(() => {}), 100, clock, 'load')
  let settled = false
  answer.catch(() => {}).finally(() => (settled = true))
  clock.advance(99)
  await Promise.resolve()
  expect(settled).toBe(false)
  clock.advance(1)
  expect(await rejectionOf(answer)).toMatchObject({ code: 'ERR_STORE_TIMEOUT', operation: 'load' })
  expect(events.named('leeway:store:error')).toMatchObject([{ operation: 'load', code: 'ERR_STORE_TIMEOUT' }])
})

it('leaves no timer behind, whatever the work comes to', async () => {
  const clock = manualClock()
  expect(await within(Promise.resolve('done'), 100, clock, 'load')).toBe('done')
  const error = new LeewayError('ERR_STORE_FAILED', 'x')
  expect(await rejectionOf(within(Promise.reject(error), 100, clock, 'load'))).toBe(error)
  expect(clock.pendingTimers).toBe(0)
})

it('takes no notice of what fails after its time', async () => {
  const clock = manualClock()
  const late = Promise.withResolvers<never>()
  const answer = within(late.promise, 100, clock, 'save')
  clock.advance(100)
  late.reject(new Error('at last'))
  expect((await rejectionOf(answer)).code).toBe('ERR_STORE_TIMEOUT')
})
