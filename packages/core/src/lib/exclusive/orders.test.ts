import { describe, expect, it } from 'vitest'
import type { Clock } from '../clock.ts'
import { leaseId } from '../ids.ts'
import type { ManualClock } from '../manual-clock.ts'
import { memoryStore } from '../memory-store.ts'
import { createSessions } from '../sessions/sessions.ts'
import type { Sessions } from '../sessions/sessions-api.ts'
import { LEASE, PAUSE, Visits } from '../testing-exclusive.ts'
import { everyOrder, type Stepped } from '../testing-orders.ts'
import { type Data, setup } from '../testing-sessions.ts'

/** A session counted by processes of their own, each of whose store calls waits for its turn. */
async function world(stepped: Stepped) {
  const { clock, records, stored, elsewhere } = setup()
  const { token, id } = await stored()
  return {
    clock,
    records,
    token,
    id,
    visits: new Visits(),
    process: (skewMs = 0): Sessions<Data> =>
      createSessions({
        store: stepped(memoryStore({ records })),
        clock: impatient(clock.skewedBy(skewMs)),
        initialData: () => ({ n: 0 }),
      }),
    counted: async () => {
      const session = await elsewhere.open(token)
      return session.isNew ? undefined : session.data.n
    },
  }
}

/** Whoever waits looks again so many times in the midst of the calls of others, and then when nothing else can happen. */
const EAGER_LOOKS = 2

function impatient(clock: Clock): Clock {
  let left = EAGER_LOOKS
  return {
    ...clock,
    setTimer(callback, delayMs) {
      if (delayMs > PAUSE || left-- <= 0) return clock.setTimer(callback, delayMs)
      queueMicrotask(callback)
      return () => {}
    },
  }
}

function increment(sessions: Sessions<Data>, token: string, visits: Visits): Promise<string> {
  return sessions.exclusive(token, (session) =>
    visits.stay('increment', async () => {
      session.data.n++
      return (await session.save()).status
    }),
  )
}

/** Runs the calls in the order of this run. */
async function settle(clock: ManualClock, calls: readonly Promise<string>[], finish: () => Promise<void>) {
  const outcomes: string[] = []
  for (const [i, call] of calls.entries()) {
    call.then(
      (status) => {
        outcomes[i] = status
      },
      (error: { code: string }) => {
        outcomes[i] = error.code
      },
    )
  }
  for (await finish(); Object.keys(outcomes).length < calls.length; await finish()) clock.advance(PAUSE)
  return outcomes
}

describe('in every order of their store calls', () => {
  it.each<[string, 'fresh' | 'released' | 'expired']>([
    ['where there was no lease yet', 'fresh'],
    ['where a lease was released', 'released'],
    ['where a lease has expired', 'expired'],
  ])('two exclusive increments never meet, and both count, %s', async (_what, before) => {
    const orders = await everyOrder(async (stepped, finish) => {
      const { clock, token, id, visits, process, counted, records } = await world(stepped)
      if (before !== 'fresh') {
        const lease = { id: leaseId(id), version: 'v'.repeat(16), payload: '{}', owner: null, purgeAt: 2 ** 50 }
        records.set(`default:${lease.id}`, { ...lease, expiresAt: before === 'released' ? 0 : clock.now() })
      }
      const calls = [process(), process()].map((sessions) => increment(sessions, token, visits))
      expect(await settle(clock, calls, finish)).toEqual(['saved', 'saved'])
      expect(visits.most).toBe(1)
      expect(await counted()).toBe(2)
    })
    expect(orders).toBeGreaterThan(100)
  })

  it('an exclusive increment and one by update() both count, or the exclusive one is refused', async () => {
    const seen = new Set<string>()
    await everyOrder(async (stepped, finish) => {
      const { clock, token, visits, process, counted } = await world(stepped)
      const plain = process()
      const [exclusive, updated] = await settle(
        clock,
        [
          increment(process(), token, visits),
          plain.open(token).then(async (session) => `${(await session.update((data) => void data.n++)).n > 0}`),
        ],
        finish,
      )
      seen.add(`${exclusive} ${updated} ${await counted()}`)
    })
    expect([...seen].sort()).toEqual(['ERR_LOCK_LOST true 1', 'saved true 2'])
  })

  it('an exclusive increment brings nothing back after a logout', async () => {
    const seen = new Set<string>()
    await everyOrder(async (stepped, finish) => {
      const { clock, token, visits, process, counted } = await world(stepped)
      const plain = process()
      const outcomes = await settle(
        clock,
        [increment(process(), token, visits), plain.open(token).then(async (s) => (await s.destroy()).status)],
        finish,
      )
      expect(await counted()).toBeUndefined()
      seen.add(outcomes.join(' '))
    })
    // `saved` also where the session was logged out before it was opened: then it was a new one.
    expect([...seen].sort()).toEqual(['gone destroyed', 'saved destroyed'])
  })

  it('an exclusive increment writes nothing into a session that somebody else logs in to', async () => {
    const seen = new Set<string>()
    await everyOrder(async (stepped, finish) => {
      const { clock, token, id, visits, process, records } = await world(stepped)
      const plain = process()
      const outcomes = await settle(
        clock,
        [increment(process(), token, visits), plain.open(token).then(async (s) => (await s.login('alice')).status)],
        finish,
      )
      expect(records.get(`default:${id}`)?.owner).toBe('alice')
      seen.add(outcomes.join(' '))
    })
    expect([...seen].sort()).toEqual(['ERR_LOCK_LOST saved', 'saved saved'])
  })

  it('two that both take the lease for theirs, since their clocks differ by more, never undo each other', async () => {
    const seen = new Set<string>()
    const orders = await everyOrder(async (stepped, finish) => {
      const { clock, token, visits, process, counted } = await world(stepped)
      const calls = [process(), process(2 * LEASE)].map((sessions) => increment(sessions, token, visits))
      const outcomes = await settle(clock, calls, finish)
      const saved = outcomes.filter((outcome) => outcome === 'saved').length
      expect(saved).toBeGreaterThan(0)
      expect(await counted()).toBe(saved)
      seen.add(`${outcomes.join(' ')} ${visits.most}`)
    })
    expect(orders).toBeGreaterThan(100)
    expect([...seen].sort()).toEqual(['ERR_LOCK_LOST saved 2', 'saved ERR_LOCK_LOST 2', 'saved saved 1'])
  })
})
