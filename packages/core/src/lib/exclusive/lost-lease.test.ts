import { describe, expect, it } from 'vitest'
import type { ManualClock } from '../manual-clock.ts'
import { rejectionOf } from '../testing-errors.ts'
import { inside, LEASE } from '../testing-exclusive.ts'
import { setup } from '../testing-sessions.ts'
import { settled } from '../testing-stores.ts'

describe('a holder that stood still', () => {
  it.each([
    ['its wall clock', (clock: ManualClock) => clock.jumpTo(clock.now() + LEASE)],
    [
      'its monotonic clock, while the wall clock was set back',
      (clock: ManualClock) => {
        const now = clock.now()
        clock.advance(LEASE)
        clock.jumpTo(now)
      },
    ],
  ])('past its lease by %s is refused, also where nobody else came in', async (_which, standStill) => {
    const { backend, clock, first, leave, open, token } = await inside()
    const held = backend.holdNext('update')
    standStill(clock)
    leave()
    await settled()
    held.release()
    expect((await rejectionOf(first)).code).toBe('ERR_LOCK_LOST')
    expect((await open(token)).data.n).toBe(0)
  })

  it.each([
    [-1, 'saved'],
    [0, 'ERR_LOCK_LOST'],
    [1, 'ERR_LOCK_LOST'],
  ])('until %i ms after the end of its lease: %s', async (offset, outcome) => {
    const { clock, first, leave } = await inside()
    clock.jumpTo(clock.now() + LEASE + offset)
    leave()
    if (outcome === 'saved') expect((await first).status).toBe('saved')
    else expect((await rejectionOf(first)).code).toBe(outcome)
  })

  it('has lost its lease for good, also where the wall clock is set back', async () => {
    const { clock, first, leave } = await inside()
    clock.jumpTo(clock.now() + LEASE)
    clock.advance(LEASE / 3)
    clock.jumpTo(clock.now() - LEASE)
    leave()
    expect((await rejectionOf(first)).code).toBe('ERR_LOCK_LOST')
  })

  it('finds the lease with somebody else, and leaves it there', async () => {
    const world = await inside()
    const { clock, elsewhere, token, first, leave, lease, sessions } = world
    clock.jumpTo(clock.now() + LEASE)
    const gate = Promise.withResolvers<void>()
    const second = elsewhere.exclusive(token, async (session) => {
      await gate.promise
      session.data.a = 'second'
      return session.save()
    })
    await settled()
    leave()
    expect((await rejectionOf(first)).code).toBe('ERR_LOCK_LOST')
    expect(lease()?.expiresAt).toBe(clock.now() + LEASE)
    expect((await rejectionOf(sessions.exclusive(token, () => {}, { waitMs: 0 }))).code).toBe('ERR_LOCK_TIMEOUT')
    gate.resolve()
    expect((await second).status).toBe('saved')
    expect((await sessions.open(token)).data).toEqual({ n: 0, a: 'second' })
  })

  it('can still log out', async () => {
    const { clock, sessions, stored } = setup()
    const { token } = await stored()
    const outcome = await sessions.exclusive(token, (session) => {
      clock.jumpTo(clock.now() + LEASE)
      return session.destroy()
    })
    expect(outcome.status).toBe('destroyed')
  })

  it("cannot log another user in over the session's owner", async () => {
    const { clock, sessions, loggedIn, open } = setup()
    const { token } = await loggedIn('alice')
    const call = sessions.exclusive(token, (session) => {
      clock.jumpTo(clock.now() + LEASE)
      return session.login('bob')
    })
    expect((await rejectionOf(call)).code).toBe('ERR_LOCK_LOST')
    expect((await open(token)).owner).toBe('alice')
  })
})
