import { describe, expect, it } from 'vitest'
import { manualClock } from './manual-clock.ts'

describe('a manual clock', () => {
  it('stands still until it is told to move', () => {
    const clock = manualClock(500)
    expect([clock.now(), clock.monotonic()]).toEqual([500, 0])
    clock.advance(20)
    expect([clock.now(), clock.monotonic()]).toEqual([520, 20])
  })

  it('starts in 2026', () => {
    expect(new Date(manualClock().now()).toISOString()).toBe('2026-01-01T00:00:00.000Z')
  })

  it('calls timers in the order in which they fall due, each at its own instant', () => {
    const clock = manualClock(0)
    const called: [string, number][] = []
    clock.setTimer(() => called.push(['second', clock.now()]), 20)
    clock.setTimer(() => {
      called.push(['first', clock.now()])
      clock.setTimer(() => called.push(['set by the first', clock.now()]), 5)
    }, 10)
    clock.setTimer(() => called.push(['late', clock.now()]), 31)
    clock.advance(30)
    expect(called).toEqual([
      ['first', 10],
      ['set by the first', 15],
      ['second', 20],
    ])
    expect(clock.now()).toBe(30)
    expect(clock.pendingTimers).toBe(1)
    clock.advance(1)
    expect(called.at(-1)).toEqual(['late', 31])
  })

  it('forgets a timer that was cancelled', () => {
    const clock = manualClock()
    let called = false
    const cancel = clock.setTimer(() => {
      called = true
    }, 10)
    cancel()
    clock.advance(100)
    expect(called).toBe(false)
    expect(clock.pendingTimers).toBe(0)
  })

  it('jumps without time passing: no timer is called and the monotonic reading stays', () => {
    const clock = manualClock(0)
    let called = false
    clock.setTimer(() => {
      called = true
    }, 10)
    clock.jumpTo(1000)
    expect([clock.now(), clock.monotonic(), called]).toEqual([1000, 0, false])
    clock.advance(10)
    expect([clock.now(), called]).toEqual([1010, true])
  })

  it('has machines whose clocks are ahead or behind', () => {
    const clock = manualClock(1000)
    const ahead = clock.skewedBy(5)
    const behind = clock.skewedBy(-5)
    clock.advance(10)
    expect([ahead.now(), behind.now()]).toEqual([1015, 1005])
    expect(ahead.monotonic()).toBe(10)
  })
})
