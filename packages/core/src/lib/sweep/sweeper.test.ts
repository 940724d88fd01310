import { afterEach, describe, expect, it, vi } from 'vitest'
import { rejectionOf, thrownBy } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { GRACE, IDLE, setup } from '../testing-sessions.ts'
import { settled } from '../testing-stores.ts'

const INTERVAL = 10_000

afterEach(() => {
  vi.restoreAllMocks()
})

/** Jitter at its least (0), its middle (0.5) or its most (towards 1). */
function dice(value: number): void {
  vi.spyOn(Math, 'random').mockReturnValue(value)
}

describe('a sweep', () => {
  it.each([
    [-1, 0],
    [0, 1],
    [1, 1],
  ])('%i ms from the purge time removes %i', async (offset, removed) => {
    const { clock, sessions, stored } = setup()
    await stored()
    clock.advance(IDLE + GRACE + offset)
    expect(await sessions.sweep()).toEqual({ removed, examined: removed })
  })

  it('goes through all batches, lets other work in between, and tells the whole', async () => {
    const { clock, sessions, stored, backend, records } = setup()
    for (let i = 0; i < 5; i++) await stored()
    clock.advance(IDLE + GRACE)
    backend.forget()
    using events = recordEvents()
    let turns = 0
    let swept = false
    const sweeping = sessions.sweep({ limit: 2 }).finally(() => {
      swept = true
    })
    while (!swept) {
      await settled()
      turns++
    }
    expect(await sweeping).toEqual({ removed: 5, examined: 5 })
    expect(backend.calls).toEqual(['sweep', 'sweep', 'sweep'])
    expect(turns).toBeGreaterThanOrEqual(2)
    expect(records.size).toBe(0)
    expect(events.all).toEqual([{ name: 'leeway:sweep', message: { removed: 5, examined: 5, durationMs: 0 } }])
  })

  it('that fails midway rejects, and its event tells what was removed', async () => {
    const { clock, sessions, stored, backend } = setup()
    for (let i = 0; i < 3; i++) await stored()
    clock.advance(IDLE + GRACE)
    backend.afterNext('sweep', async () => {})
    backend.failNext('sweep')
    using events = recordEvents()
    const error = await rejectionOf(sessions.sweep({ limit: 1 }))
    expect(error).toMatchObject({ code: 'ERR_STORE_FAILED', operation: 'sweep' })
    expect(events.named('leeway:sweep')).toEqual([{ removed: 1, examined: 1, durationMs: 0, error }])
    expect(await sessions.sweep()).toEqual({ removed: 2, examined: 2 })
  })

  it('is refused on a clock that jumped ahead, and removes nothing', async () => {
    const { clock, sessions, stored, records, backend } = setup()
    await stored()
    clock.jumpTo(clock.now() + 10 * IDLE)
    backend.forget()
    expect((await rejectionOf(sessions.sweep())).code).toBe('ERR_CLOCK_JUMP')
    expect(backend.calls).toEqual([])
    expect(records.size).toBe(1)
    clock.advance(GRACE)
    expect(await sessions.sweep()).toMatchObject({ removed: 1 })
  })

  it('after a jump that was taken back removes what is due by the corrected clock only', async () => {
    const { clock, sessions, stored, elsewhere, records } = setup()
    const { token } = await stored()
    const right = clock.now()
    clock.jumpTo(right + 10 * IDLE)
    // Some request reads the wrong clock; in this process time does not run back from there.
    await sessions.open(token)
    clock.jumpTo(right)
    expect(await sessions.sweep()).toMatchObject({ removed: 0 })
    expect(records.size).toBe(1)
    expect((await elsewhere.open(token)).isNew).toBe(false)
  })

  it.each([
    ['limit', 0],
    ['limit', -1],
    ['limit', 1.5],
    ['limit', '10'],
    ['limit', Number.NaN],
    ['budgetMs', 0],
    ['budgetMs', -1],
    ['budgetMs', Number.NaN],
    ['budgetMs', '10'],
  ])('refuses %s %s', async (name, value) => {
    const { sessions, backend } = setup()
    const options = { [name]: value as number }
    expect((await rejectionOf(sessions.sweep(options))).code).toBe('ERR_INVALID_OPTION')
    expect(thrownBy(() => sessions.startSweeper(options)).code).toBe('ERR_INVALID_OPTION')
    expect(backend.calls).toEqual([])
  })
})

describe('a sweeper', () => {
  it.each([
    [0, 0.5],
    [0.5, 1],
    [0.999999, 1.5],
  ])('with the dice at %d sweeps after %d intervals, again and again', async (value, intervals) => {
    dice(value)
    const { clock, sessions, backend } = setup()
    const sweeper = sessions.startSweeper({ intervalMs: INTERVAL })
    for (let sweeps = 0; sweeps < 5; sweeps++) {
      clock.advance(intervals * INTERVAL - 1)
      await settled()
      expect(backend.calls).toHaveLength(sweeps)
      clock.advance(1)
      await settled()
      expect(backend.calls).toHaveLength(sweeps + 1)
    }
    await sweeper.stop()
  })

  it('removes what is due', async () => {
    const { clock, sessions, stored, records } = setup()
    await stored()
    clock.advance(IDLE + GRACE)
    await using sweeper = sessions.startSweeper()
    clock.advance(90_000)
    await settled()
    expect(records.size).toBe(0)
    expect(sweeper).toBeDefined()
  })

  it('never has two sweeps under way', async () => {
    const { clock, sessions, backend } = setup()
    const sweeper = sessions.startSweeper({ intervalMs: INTERVAL })
    const held = backend.holdNext('sweep')
    clock.advance(1.5 * INTERVAL)
    await held.reached
    clock.advance(100 * INTERVAL)
    await settled()
    expect(backend.calls).toEqual(['sweep'])
    expect(clock.pendingTimers).toBe(0)
    held.release()
    await settled()
    expect(clock.pendingTimers).toBe(1)
    await sweeper.stop()
  })

  it('goes on after errors of the store, and after a jump of the clock', async () => {
    dice(0.5)
    const { clock, sessions, stored, backend, records } = setup()
    const sweeper = sessions.startSweeper({ intervalMs: INTERVAL })
    await stored()
    using events = recordEvents()
    backend.failNext('sweep')
    backend.failNext('sweep', 'not even an error')
    for (let i = 0; i < 2; i++) {
      clock.advance(INTERVAL)
      await settled()
    }
    clock.jumpTo(clock.now() + 2 * (IDLE + GRACE))
    for (let i = 0; i < GRACE / INTERVAL; i++) {
      clock.advance(INTERVAL)
      await settled()
      expect(records.size).toBe(1)
    }
    clock.advance(INTERVAL)
    await settled()
    expect(records.size).toBe(0)
    const codes = events.named('leeway:sweep').map(({ error }) => (error as { code?: string } | undefined)?.code)
    expect(codes).toEqual(['ERR_STORE_FAILED', 'ERR_STORE_FAILED', ...Array(6).fill('ERR_CLOCK_JUMP'), undefined])
    await sweeper.stop()
  })

  it('that is stopped lets a sweep under way finish, and starts no other', async () => {
    const { clock, sessions, backend } = setup()
    const sweeper = sessions.startSweeper({ intervalMs: INTERVAL })
    const held = backend.holdNext('sweep')
    clock.advance(1.5 * INTERVAL)
    await held.reached
    let isStopped = false
    const stopping = sweeper.stop().then(() => {
      isStopped = true
    })
    await settled()
    expect(isStopped).toBe(false)
    held.release()
    await stopping
    await settled()
    expect(clock.pendingTimers).toBe(0)
    clock.advance(100 * INTERVAL)
    await settled()
    expect(backend.calls).toEqual(['sweep'])
    await sweeper.stop()
  })

  it('that is still stopping when everything is closed finishes its sweep first', async () => {
    const { clock, sessions, stored, backend, records } = setup()
    for (let i = 0; i < 3; i++) await stored()
    clock.advance(IDLE + GRACE)
    const sweeper = sessions.startSweeper({ intervalMs: INTERVAL, limit: 1 })
    const held = backend.holdNext('sweep')
    clock.advance(1.5 * INTERVAL)
    await held.reached
    using events = recordEvents()
    const stopping = sweeper.stop()
    const closing = sessions.close()
    await settled()
    held.release()
    await Promise.all([stopping, closing])
    expect(records.size).toBe(0)
    const [event, ...others] = events.named('leeway:sweep')
    expect(event).toMatchObject({ removed: 3, examined: 3 })
    expect(event).not.toHaveProperty('error')
    expect(others).toEqual([])
  })

  it('that is stopped before its first sweep leaves no timer', async () => {
    const { clock, sessions, backend } = setup()
    await sessions.startSweeper().stop()
    expect(clock.pendingTimers).toBe(0)
    {
      await using sweeper = sessions.startSweeper()
      expect(sweeper).toBeDefined()
      expect(clock.pendingTimers).toBe(1)
    }
    expect(clock.pendingTimers).toBe(0)
    expect(backend.calls).toEqual([])
  })

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1000', null])('refuses an interval of %s', (value) => {
    const { clock, sessions } = setup()
    expect(thrownBy(() => sessions.startSweeper({ intervalMs: value as number })).code).toBe('ERR_INVALID_OPTION')
    expect(clock.pendingTimers).toBe(0)
  })

  it('refuses an interval that a timer of Node.js cannot wait for, and would take for one millisecond', () => {
    const { clock, sessions } = setup()
    const longest = Math.floor((2 ** 31 - 1) / 1.5)
    dice(0.999999)
    sessions.startSweeper({ intervalMs: longest })
    expect(clock.pendingTimers).toBe(1)
    expect(thrownBy(() => sessions.startSweeper({ intervalMs: longest + 1 })).code).toBe('ERR_INVALID_OPTION')
  })

  it('is nothing that starts by itself', () => {
    const { clock } = setup({ sweepChance: 1 })
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('the chance to sweep when a session is opened', () => {
  it('of 0 never sweeps, whatever the dice', async () => {
    dice(0)
    const { sessions, backend } = setup({ sweepChance: 0 })
    for (let i = 0; i < 10; i++) await sessions.open()
    expect(backend.calls).toEqual([])
  })

  it('of 1 always sweeps, whatever the dice', async () => {
    dice(0.999999999)
    const { sessions, backend } = setup({ sweepChance: 1 })
    for (let i = 0; i < 10; i++) await sessions.open()
    expect(backend.calls).toEqual(Array(10).fill('sweep'))
  })

  it('does not make the request wait, nor fail', async () => {
    const { sessions, backend } = setup({ sweepChance: 1 })
    const held = backend.holdNext('sweep')
    expect((await sessions.open()).isNew).toBe(true)
    held.release()
    backend.failNext('sweep')
    expect((await sessions.open()).isNew).toBe(true)
    await settled()
  })

  it('is waited for by close', async () => {
    const { sessions, backend } = setup({ sweepChance: 1 })
    const held = backend.holdNext('sweep')
    await sessions.open()
    let isClosed = false
    const closing = sessions.close().then(() => {
      isClosed = true
    })
    await settled()
    expect(isClosed).toBe(false)
    held.release()
    await closing
  })
})
