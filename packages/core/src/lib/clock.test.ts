import { expect, it, onTestFinished } from 'vitest'
import { forwardOnly, systemClock } from './clock.ts'
import { manualClock } from './manual-clock.ts'

it('a clock that was set back reads as if it stood still, until the time has come again', () => {
  const clock = manualClock(1000)
  const now = forwardOnly(clock)
  expect(now()).toBe(1000)
  clock.jumpTo(400)
  expect(now()).toBe(1000)
  clock.advance(600)
  expect(now()).toBe(1000)
  clock.advance(1)
  expect(now()).toBe(1001)
})

it('readings are whole milliseconds', () => {
  expect(forwardOnly({ now: () => 12.9 })()).toBe(12)
})

it('the system clock is the time of day, and its monotonic reading moves forward', () => {
  const before = Date.now()
  const now = systemClock.now()
  expect(now).toBeGreaterThanOrEqual(before)
  expect(now).toBeLessThanOrEqual(Date.now())
  const first = systemClock.monotonic()
  expect(systemClock.monotonic()).toBeGreaterThanOrEqual(first)
})

it('a timer of the system clock does not keep the process alive, and can be cancelled', () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const cancel = systemClock.setTimer(() => {}, 60_000)
  onTestFinished(cancel)
  // Only what keeps the process alive is listed there.
  expect(timers()).toBe(before)
  cancel()
})

it('a timer of the system clock calls back', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const alive = setInterval(() => {}, 1000)
  systemClock.setTimer(resolve, 0)
  await promise
  clearInterval(alive)
})
