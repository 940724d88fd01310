import { describe, expect, it } from 'vitest'
import { manualClock } from '../manual-clock.ts'
import { settled } from '../testing-stores.ts'
import { Line } from './line.ts'

describe('a line', () => {
  it('is first in, first out per key, and other keys do not wait', async () => {
    const line = new Line(manualClock())
    const turns: string[] = []
    const enter = (key: string, name: string) =>
      line.enter(key, 1_000).then((isTurn) => turns.push(`${name} ${isTurn}`))
    for (const name of ['first', 'second', 'third']) void enter('a', name)
    void enter('b', 'other')
    await settled()
    expect(turns).toEqual(['first true', 'other true'])
    line.leave('a')
    await settled()
    expect(turns).toEqual(['first true', 'other true', 'second true'])
    line.leave('a')
    await settled()
    expect(turns.at(-1)).toBe('third true')
    line.leave('a')
    expect(await line.enter('a', 0)).toBe(true)
  })

  it.each([
    [-1, true],
    [0, false],
    [1, false],
  ])('has somebody who waits 1,000 ms wait for it, with %i ms more: %s', async (offset, isWaiting) => {
    const clock = manualClock()
    const line = new Line(clock)
    await line.enter('a', 0)
    let answer: boolean | undefined
    void line.enter('a', 1_000).then((isTurn) => {
      answer = isTurn
    })
    clock.advance(1_000 + offset)
    await settled()
    expect(answer).toBe(isWaiting ? undefined : false)
    line.leave('a')
    await settled()
    expect(answer).toBe(isWaiting)
    expect(clock.pendingTimers).toBe(0)
  })

  it('passes over those who have given up, wherever they stood', async () => {
    const clock = manualClock()
    const line = new Line(clock)
    await line.enter('a', 0)
    const turns = [100, 5_000, 100, 5_000].map((waitMs) => line.enter('a', waitMs))
    clock.advance(100)
    line.leave('a')
    line.leave('a')
    expect(await Promise.all(turns)).toEqual([false, true, false, true])
    line.leave('a')
    expect(await line.enter('a', 0)).toBe(true)
  })

  it('that is not empty is left at once by who does not wait', async () => {
    const clock = manualClock()
    const line = new Line(clock)
    await line.enter('a', 0)
    expect(await line.enter('a', 0)).toBe(false)
    expect(clock.pendingTimers).toBe(0)
  })
})
