import { describe, expect, it } from 'vitest'
import type { Header } from './envelope.ts'
import { thrownBy } from './testing-errors.ts'
import { assertSpan, retimedHeader, type SessionTimeouts } from './timeouts.ts'

const NOW = 1_000_000
const CENTURY = 100 * 366 * 24 * 60 * 60 * 1000
const header: Header = {
  createdAt: 1,
  absoluteAt: 2,
  idleMs: 3,
  absoluteMs: 4,
  epoch: 5,
  recent: ['aaaaaaaaaaaaaaaa'],
  credentials: null,
}

describe('a span', () => {
  it.each([1, 2, CENTURY - 1, CENTURY])('may be %i ms', (value) => {
    expect(() => assertSpan(value, 'graceMs')).not.toThrow()
  })

  it.each([0, -1, CENTURY + 1, 0.5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined, 1n, true])(
    'may not be %s',
    (value) => {
      const error = thrownBy(() => assertSpan(value, 'graceMs'))
      expect(error.code).toBe('ERR_INVALID_OPTION')
      expect(error.message).toBe(`graceMs must be a whole number of milliseconds from 1 to ${CENTURY}`)
    },
  )

  it.each([0, 10])('may have another least value: %i', (least) => {
    expect(() => assertSpan(least, 'overlapMs', least)).not.toThrow()
    expect(() => assertSpan(least + 1, 'overlapMs', least)).not.toThrow()
    const error = thrownBy(() => assertSpan(least - 1, 'overlapMs', least))
    expect(error.code).toBe('ERR_INVALID_OPTION')
    expect(error.message).toContain(String(least))
  })
})

describe("a session's own timeouts", () => {
  it('take the place of those it had, and the absolute one starts again', () => {
    const retimed = retimedHeader({ idleTimeoutMs: 10, absoluteTimeoutMs: 20 })(header, NOW)
    expect(retimed).toEqual({ ...header, idleMs: 10, absoluteMs: 20, absoluteAt: NOW + 20 })
  })

  it('leave what they do not name as it is', () => {
    expect(retimedHeader({ idleTimeoutMs: 10 })(header, NOW)).toEqual({ ...header, idleMs: 10 })
    expect(retimedHeader({ absoluteTimeoutMs: 20 })(header, NOW)).toEqual({
      ...header,
      absoluteMs: 20,
      absoluteAt: NOW + 20,
    })
    expect(retimedHeader({})(header, NOW)).toEqual(header)
  })

  it('change no header in place', () => {
    const frozen = Object.freeze({ ...header })
    expect(retimedHeader({ idleTimeoutMs: 10 })(frozen, NOW)).not.toBe(frozen)
    expect(frozen).toEqual(header)
  })

  it.each(['idleTimeoutMs', 'absoluteTimeoutMs'])('are refused before anything is changed: %s', (name) => {
    for (const value of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, CENTURY + 1, '1', null]) {
      const error = thrownBy(() => retimedHeader({ [name]: value } as SessionTimeouts))
      expect(error.code).toBe('ERR_INVALID_OPTION')
      expect(error.message).toContain(name)
    }
  })

  it('are copied: what changes later changes nothing', () => {
    const timeouts = { idleTimeoutMs: 10 }
    const retime = retimedHeader(timeouts)
    timeouts.idleTimeoutMs = 99
    expect(retime(header, NOW).idleMs).toBe(10)
  })
})
