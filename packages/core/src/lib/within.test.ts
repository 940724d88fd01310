import { expect, it } from 'vitest'
import { LeewayError } from './errors.ts'
import { manualClock } from './manual-clock.ts'
import { rejectionOf } from './testing-errors.ts'
import { recordEvents } from './testing-events.ts'
import { within } from './within.ts'

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
