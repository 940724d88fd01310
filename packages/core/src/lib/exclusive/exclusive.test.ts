import { describe, expect, it } from 'vitest'
import { rejectionOf } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { LEASE, PAUSE, untilSettled, Visits } from '../testing-exclusive.ts'
import { setup, tokenIn } from '../testing-sessions.ts'
import { settled } from '../testing-stores.ts'

describe('an exclusive callback', () => {
  it('is given the session, and what it resolves with comes back', async () => {
    const { sessions, stored, open, backend } = setup()
    const { token, id } = await stored({ n: 1 })
    const n = await sessions.exclusive(token, async (session) => {
      expect(session).toMatchObject({ id, isNew: false, data: { n: 1 } })
      session.data.n = 2
      expect(await session.save()).toEqual({ status: 'saved', token: null })
      return session.data.n
    })
    expect(n).toBe(2)
    expect(backend.calls).toEqual(['load', 'load', 'create', 'load', 'update', 'update'])
    expect((await open(token)).data.n).toBe(2)
  })

  it('may be synchronous', async () => {
    const { sessions, stored } = setup()
    const { token } = await stored({ n: 1 })
    expect(await sessions.exclusive(token, ({ data }) => data.n)).toBe(1)
  })

  it('that saves nothing changes nothing', async () => {
    const { sessions, stored, open } = setup()
    const { token } = await stored({ n: 1 })
    await sessions.exclusive(token, (session) => void session.data.n++)
    expect((await open(token)).data.n).toBe(1)
  })

  it('that throws lets the next one in, and its error comes through as it is', async () => {
    const { sessions, stored, elsewhere } = setup()
    const { token } = await stored({ n: 1 })
    const error = new RangeError('out of stock')
    for (const work of [
      () => Promise.reject(error),
      () => {
        throw error
      },
    ]) {
      await expect(sessions.exclusive(token, work)).rejects.toBe(error)
      expect(await elsewhere.exclusive(token, ({ data }) => data.n, { waitMs: 0 })).toBe(1)
    }
  })

  it('can use every method, and the token of a login or a rotation goes on in the next', async () => {
    const { sessions, stored, open } = setup()
    const { token } = await stored({ n: 1 })
    const pending = tokenIn(await sessions.exclusive(token, (session) => session.rotate()))
    const loggedIn = await sessions.exclusive(pending, async (session) => {
      session.setTimeouts({ idleTimeoutMs: 1_000 })
      await session.update((data) => void data.n++)
      return session.login('alice')
    })
    const session = await open(tokenIn(loggedIn))
    expect(session).toMatchObject({ owner: 'alice', data: { n: 2 } })
    expect((await sessions.exclusive(loggedIn.token, (held) => held.destroy())).status).toBe('destroyed')
    expect((await sessions.open(loggedIn.token)).isNew).toBe(true)
  })

  it('that does not await its last save has it done before the next one gets in', async () => {
    const { sessions, elsewhere, stored, backend, clock } = setup()
    const { token } = await stored({ n: 1 })
    const held = backend.holdNext('update')
    let saving: Promise<unknown> | undefined
    const first = sessions.exclusive(token, (session) => {
      session.data.n = 2
      saving = session.save()
    })
    await held.reached
    const second = elsewhere.exclusive(token, ({ data }) => data.n)
    clock.advance(PAUSE)
    await settled()
    held.release()
    await untilSettled(clock, second)
    expect(await second).toBe(2)
    expect(await saving).toMatchObject({ status: 'saved' })
    await first
  })

  it('leaves a session behind that is no longer for use', async () => {
    const { sessions, stored, records } = setup()
    for (const token of [(await stored()).token, undefined]) {
      const session = await sessions.exclusive(token, (held) => held)
      const before = new Map(records)
      session.data.n = 7
      for (const call of [
        () => session.save(),
        () => session.update(() => {}),
        () => session.login('alice'),
        () => session.rotate(),
        () => session.destroy(),
      ]) {
        expect((await rejectionOf(call())).code).toBe('ERR_LOCK_LOST')
      }
      expect(records).toEqual(before)
    }
  })

  it('opens the session once, as far as listeners can tell', async () => {
    const { sessions, stored } = setup()
    const { token, id } = await stored()
    using events = recordEvents()
    await sessions.exclusive(token, () => {})
    await sessions.exclusive(`${id}.${'x'.repeat(32)}`, () => {})
    await sessions.exclusive('nothing of ours', () => {})
    expect(events.all).toEqual([
      { name: 'leeway:session:open', message: { id, owner: null } },
      { name: 'leeway:session:miss', message: { id, reason: 'wrong-secret' } },
      { name: 'leeway:session:miss', message: { id: undefined, reason: 'malformed' } },
    ])
  })
})

describe('exclusive callers', () => {
  it('in one process come in one at a time, first in, first out', async () => {
    const { sessions, stored, open } = setup()
    const { token } = await stored()
    const visits = new Visits()
    const names = Array.from({ length: 50 }, (_, i) => `caller ${i}`)
    await Promise.all(
      names.map((name) =>
        sessions.exclusive(token, (session) =>
          visits.stay(name, async () => {
            session.data.n++
            await session.save()
          }),
        ),
      ),
    )
    expect(visits).toMatchObject({ most: 1, order: names })
    expect((await open(token)).data.n).toBe(50)
  })

  it('of other sessions do not wait', async () => {
    const { sessions, stored } = setup()
    const [one, other] = [await stored({ n: 1 }), await stored({ n: 2 })]
    const n = await sessions.exclusive(one.token, () => sessions.exclusive(other.token, ({ data }) => data.n))
    expect(n).toBe(2)
  })

  it('in two processes come in one at a time, and soon after each other', async () => {
    const { sessions, elsewhere, stored, clock } = setup()
    const { token } = await stored()
    const gate = Promise.withResolvers<void>()
    const visits = new Visits()
    const first = sessions.exclusive(token, () => visits.stay('first', () => gate.promise))
    await settled()
    const second = elsewhere.exclusive(token, () => visits.stay('second', async () => {}))
    await settled()
    clock.advance(LEASE + 1)
    await settled()
    expect(visits.order).toEqual(['first'])
    gate.resolve()
    await first
    expect(await untilSettled(clock, second)).toBeLessThanOrEqual(PAUSE)
    expect(visits).toMatchObject({ most: 1, order: ['first', 'second'] })
  })

  it('keep out neither those who open the session without it, nor a logout', async () => {
    const { sessions, elsewhere, stored } = setup()
    const { token } = await stored()
    await sessions.exclusive(token, async (session) => {
      await (await elsewhere.open(token)).update((data) => void data.n++)
      session.data.n = 7
      expect((await rejectionOf(session.save())).code).toBe('ERR_LOCK_LOST')
      await (await elsewhere.open(token)).destroy()
      expect((await session.save()).status).toBe('gone')
    })
  })

  it('of a session that was logged in to while they waited are given a new one', async () => {
    const { sessions, stored } = setup()
    const { token, id } = await stored({ n: 3 })
    const [, second] = await Promise.all([
      sessions.exclusive(token, (session) => session.login('alice')),
      sessions.exclusive(token, (session) => session),
    ])
    expect(second).toMatchObject({ isNew: true, data: { n: 0 } })
    expect(second.id).not.toBe(id)
  })
})
