import { describe, expect, it } from 'vitest'
import { leaseId } from '../ids.ts'
import { memoryStore } from '../memory-store.ts'
import { createSessions } from '../sessions/sessions.ts'
import { rejectionOf } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { inside, LEASE, PAUSE, untilSettled } from '../testing-exclusive.ts'
import { GRACE, type Setup, setup } from '../testing-sessions.ts'
import { FaultyStore, settled } from '../testing-stores.ts'

/** Whether another process gets in at once. */
async function isFree({ elsewhere }: Setup, token: string): Promise<boolean> {
  const options = { waitMs: 0 }
  return elsewhere
    .exclusive(token, () => true, options)
    .catch((error: { code?: string }) => {
      if (error.code === 'ERR_LOCK_TIMEOUT') return false
      throw error
    })
}

/** Lets time pass in steps, as it does for a process that is not busy. */
async function pass({ clock }: Setup, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(Math.min(100, ms - passed))
    await settled()
  }
}

describe('a lease', () => {
  it('is renewed for as long as the callback runs, three times in its length', async () => {
    const world = await inside()
    const { clock, backend, lease, leave, first, token } = world
    const versions = new Set([lease()?.version])
    for (let third = 1; third <= 30; third++) {
      await pass(world, LEASE / 3)
      versions.add(lease()?.version)
      expect(lease()?.expiresAt).toBeGreaterThan(clock.now() + LEASE / 2)
      expect(await isFree(world, token)).toBe(false)
    }
    expect(versions.size).toBe(backend.calls.length + 1)
    expect(backend.calls.length).toBeGreaterThanOrEqual(27)
    leave()
    expect((await first).status).toBe('saved')
    expect(clock.pendingTimers).toBe(0)
    expect(await isFree(world, token)).toBe(true)
  })

  it('is a record without an owner under a reserved id, kept for a grace after it', async () => {
    const { lease, clock, leave, first, id, sessions, records } = await inside({ leaseMs: 7_000 })
    const expiresAt = clock.now() + 7_000
    expect(lease()).toMatchObject({ id: leaseId(id), owner: null, expiresAt, purgeAt: expiresAt + GRACE })
    leave()
    await first
    expect(lease()).toMatchObject({ expiresAt: 0, purgeAt: expiresAt + GRACE })
    clock.advance(7_000 + GRACE - 1)
    expect((await sessions.sweep()).removed).toBe(0)
    clock.advance(1)
    expect((await sessions.sweep()).removed).toBe(1)
    expect([...records.keys()]).toEqual([`default:${id}`])
  })

  it('that has been swept is taken anew', async () => {
    const { clock, sessions, stored } = setup()
    const { token } = await stored()
    await sessions.exclusive(token, () => {})
    clock.advance(LEASE + GRACE)
    expect((await sessions.sweep()).removed).toBe(1)
    expect(await sessions.exclusive(token, () => 'in')).toBe('in')
  })

  it('that is swept by another process in the moment in which it is taken is taken anew', async () => {
    const { clock, sessions, stored, backend } = setup()
    const { token } = await stored()
    await sessions.exclusive(token, () => {})
    clock.advance(LEASE + GRACE)
    backend.beforeNext('update', () => sessions.sweep())
    const entering = sessions.exclusive(token, () => 'in')
    expect(await untilSettled(clock, entering)).toBeLessThanOrEqual(PAUSE)
    expect(await entering).toBe('in')
  })

  it.each([
    [-1, false],
    [0, true],
    [1, true],
  ])('of a process that has died is free %i ms after its end: %s', async (offset, isTaken) => {
    const world = await inside()
    world.clock.jumpTo(world.clock.now() + LEASE + offset)
    expect(await isFree(world, world.token)).toBe(isTaken)
  })

  it('of a process that has died is waited for, and taken the moment it ends', async () => {
    const { records, clock, elsewhere, token, lease, stored } = await inside()
    const left = lease()
    if (!left) throw new Error('there is no lease')
    const { token: other } = await stored()
    // As after a crash: a lease that nobody renews.
    records.set(`default:${left.id}`, { ...left, version: 'of-a-dead-process' })
    const entering = elsewhere.exclusive(token, () => clock.now())
    expect(await elsewhere.exclusive(other, () => 'in')).toBe('in')
    await untilSettled(clock, entering)
    expect(await entering).toBe(left.expiresAt)
  })
})

describe('a lease whose renewal', () => {
  it('fails is renewed at the next attempt', async () => {
    for (const fault of ['failNext', 'loseNext'] as const) {
      const world = await inside()
      world.backend[fault]('update')
      await pass(world, 10 * LEASE)
      expect(await isFree(world, world.token)).toBe(false)
      world.leave()
      expect((await world.first).status).toBe('saved')
      expect(await isFree(world, world.token)).toBe(true)
    }
  })

  it('fails without an answer, and right before its release, is released', async () => {
    const world = await inside()
    const { backend, clock, token, leave, first } = world
    backend.loseNext('update')
    clock.advance(LEASE / 3)
    await settled()
    leave()
    expect((await first).status).toBe('saved')
    expect(await isFree(world, token)).toBe(true)
  })

  it('is under way at its release is released all the same, whichever of the two comes first', async () => {
    const world = await inside()
    const { backend, clock, token, leave, first, lease } = world
    const held = backend.holdNext('update')
    clock.advance(LEASE / 3)
    await held.reached
    leave()
    expect((await first).status).toBe('saved')
    held.release()
    await settled()
    expect(lease()?.expiresAt).toBe(0)
    expect(await isFree(world, token)).toBe(true)
  })

  it('has arrived, and not yet been answered, at its release is released', async () => {
    const world = await inside()
    const { backend, clock, token, leave, first } = world
    const answer = Promise.withResolvers<void>()
    backend.afterNext('update', () => answer.promise)
    clock.advance(LEASE / 3)
    await settled()
    leave()
    expect((await first).status).toBe('saved')
    expect(await isFree(world, token)).toBe(true)
    answer.resolve()
    await settled()
    expect(await isFree(world, token)).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  it('finds the lease with somebody else, whose clock is ahead, has lost it before its time', async () => {
    const { records, clock, first, leave, lease, open, token } = await inside()
    const taken = lease()
    if (!taken) throw new Error('there is no lease')
    const theirs = { ...taken, version: 'of-somebody-else' }
    records.set(`default:${taken.id}`, theirs)
    clock.advance(LEASE / 3)
    await settled()
    leave()
    expect((await rejectionOf(first)).code).toBe('ERR_LOCK_LOST')
    expect((await open(token)).data.n).toBe(0)
    expect(lease()).toEqual(theirs)
  })

  it('keeps failing is lost when its time has run out, and the next write is refused', async () => {
    const world = await inside()
    const { backend, token, leave, first, open } = world
    using events = recordEvents()
    for (let i = 0; i < 10; i++) backend.failNext('update')
    await pass(world, LEASE)
    expect(events.named('leeway:store:error').map(({ operation }) => operation)).toEqual(['update', 'update'])
    expect(await isFree(world, token)).toBe(true)
    leave()
    expect(await rejectionOf(first)).toMatchObject({ code: 'ERR_LOCK_LOST', operation: 'save' })
    expect((await open(token)).data.n).toBe(0)
  })

  it('comes right before somebody takes it who found it expired stays with its holder', async () => {
    const world = await inside()
    const { backend, clock, records, token, leave, first } = world
    const late = new FaultyStore(memoryStore({ records }))
    const others = createSessions({ store: late.store, clock })
    const renewal = backend.holdNext('update')
    clock.advance(LEASE / 3)
    await renewal.reached
    clock.jumpTo(clock.now() + LEASE - LEASE / 3 + 1)
    late.beforeNext('update', async () => {
      renewal.release()
      await settled()
    })
    const call = others.exclusive(token, () => {}, { waitMs: 0 })
    expect((await rejectionOf(call)).code).toBe('ERR_LOCK_TIMEOUT')
    expect(late.calls).toEqual(['load', 'load', 'update'])
    leave()
    expect((await first).status).toBe('saved')
  })
})
