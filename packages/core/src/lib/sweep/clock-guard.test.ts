import { describe, expect, it } from 'vitest'
import { manualClock } from '../manual-clock.ts'
import { thrownBy } from '../testing-errors.ts'
import { ClockGuard } from './clock-guard.ts'

const GRACE = 1000

function guarded() {
  const clock = manualClock()
  const guard = new ClockGuard(clock, GRACE)
  const jump = (ms: number) => clock.jumpTo(clock.now() + ms)
  const steady = () => {
    try {
      guard.assertSteady()
      return true
    } catch {
      return false
    }
  }
  return { clock, guard, jump, steady }
}

describe('sweeping', () => {
  it('is fine as long as time passes, however much', () => {
    const { clock, steady } = guarded()
    expect(steady()).toBe(true)
    clock.advance(1_000_000 * GRACE)
    expect(steady()).toBe(true)
  })

  it.each([
    [-1, true],
    [0, true],
    [1, false],
  ])('after a jump of half a grace and %i ms is allowed: %s', (offset, allowed) => {
    const { jump, steady } = guarded()
    jump(GRACE / 2 + offset)
    expect(steady()).toBe(allowed)
  })

  it.each([
    [-1, false],
    [0, true],
    [1, true],
  ])('starts again a steady grace after a jump, and %i ms: %s', (offset, allowed) => {
    const { clock, jump, steady } = guarded()
    jump(10 * GRACE)
    expect(steady()).toBe(false)
    clock.advance(GRACE + offset)
    expect(steady()).toBe(allowed)
  })

  it('counts the grace from the last jump', () => {
    const { clock, jump, steady } = guarded()
    jump(10 * GRACE)
    expect(steady()).toBe(false)
    clock.advance(GRACE - 1)
    jump(10 * GRACE)
    expect(steady()).toBe(false)
    clock.advance(GRACE - 1)
    expect(steady()).toBe(false)
    clock.advance(1)
    expect(steady()).toBe(true)
  })

  it('goes on at once where the jump is taken back, and after a jump back', () => {
    const { jump, steady } = guarded()
    jump(10 * GRACE)
    expect(steady()).toBe(false)
    jump(-10 * GRACE)
    expect(steady()).toBe(true)
    jump(-10 * GRACE)
    expect(steady()).toBe(true)
  })

  it.each([
    [-1, true],
    [0, true],
    [1, false],
  ])('where all of a jump but half a grace and %i ms is taken back is allowed: %s', (offset, allowed) => {
    const { jump, steady } = guarded()
    jump(10 * GRACE)
    expect(steady()).toBe(false)
    // The second jump ahead counts from the same trusted clock.
    jump(10 * GRACE)
    expect(steady()).toBe(false)
    jump(GRACE / 2 + offset - 20 * GRACE)
    expect(steady()).toBe(allowed)
  })

  it('is refused after a jump right after the start, however long the machine has been up', () => {
    const clock = manualClock()
    clock.advance(1_000_000 * GRACE)
    const guard = new ClockGuard(clock, GRACE)
    clock.jumpTo(clock.now() + GRACE)
    expect(thrownBy(() => guard.assertSteady()).code).toBe('ERR_CLOCK_JUMP')
  })

  it('says what is wrong', () => {
    const { guard, jump } = guarded()
    jump(10 * GRACE)
    expect(thrownBy(() => guard.assertSteady())).toMatchObject({ code: 'ERR_CLOCK_JUMP', operation: 'sweep' })
  })
})
