import { describe, expect, it } from 'vitest'
import { isLive, isPurged, isTouchDue, lifetimeAt } from './expiry.ts'

const T = 1_000_000

describe('a session', () => {
  it.each([
    [-1, true],
    [0, false],
    [1, false],
  ])('%i ms from its expiry is live: %s', (offset, live) => {
    expect(isLive(T + offset, T)).toBe(live)
  })

  it.each([
    [-1, false],
    [0, true],
    [1, true],
  ])('%i ms from its purge time is purged: %s', (offset, purged) => {
    expect(isPurged(T + offset, T)).toBe(purged)
  })
})

describe('the lifetime of a session used now', () => {
  it('ends after the idle timeout, and the record stays for the grace', () => {
    expect(lifetimeAt(T, { idleMs: 100, absoluteAt: T + 1000 }, 7)).toEqual({ expiresAt: T + 100, purgeAt: T + 107 })
  })

  it.each([
    [-1, T + 99],
    [0, T + 100],
    [1, T + 100],
  ])('is capped by an absolute end %i ms from the idle one', (offset, expiresAt) => {
    const lifetime = lifetimeAt(T, { idleMs: 100, absoluteAt: T + 100 + offset }, 7)
    expect(lifetime).toEqual({ expiresAt, purgeAt: expiresAt + 7 })
  })
})

describe('a first lifetime', () => {
  it.each([
    [99, T + 99],
    [100, T + 100],
    [101, T + 100],
  ])('of %i ms with an idle timeout of 100 ms ends with the shorter', (firstIdleMs, expiresAt) => {
    expect(lifetimeAt(T, { idleMs: 100, firstIdleMs, absoluteAt: T + 1000 }, 7)).toEqual({
      expiresAt,
      purgeAt: expiresAt + 7,
    })
  })
})

describe('a touch', () => {
  const interval = 60
  const due = (now: number, expiresAt: number, renewed: number) => isTouchDue(now, expiresAt, renewed, interval)

  it.each([
    [-1, false],
    [0, true],
    [1, true],
  ])('whose gain differs from the interval by %i ms is due: %s', (offset, expected) => {
    expect(due(T, T + 1000, T + 1000 + interval + offset)).toBe(expected)
  })

  it.each([
    [-1, true],
    [0, true],
    [1, false],
  ])('with the rest of the life differing from the interval by %i ms is due for any gain: %s', (offset, expected) => {
    const expiresAt = T + interval + offset
    expect(due(T, expiresAt, expiresAt + 1)).toBe(expected)
  })

  it('that gains nothing is never due, close to the end or after it', () => {
    expect(due(T, T + 1, T + 1)).toBe(false)
    expect(due(T, T + 1, T)).toBe(false)
    expect(due(T + 10, T, T)).toBe(false)
  })
})
