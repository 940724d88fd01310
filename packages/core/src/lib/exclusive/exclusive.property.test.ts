import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../manual-clock.ts'
import { memoryStore } from '../memory-store.ts'
import { createSessions } from '../sessions/sessions.ts'
import type { StoredSession } from '../store.ts'
import { LEASE, PAUSE, Visits } from '../testing-exclusive.ts'
import { type Data, tokenIn } from '../testing-sessions.ts'
import { FaultyStore, settled } from '../testing-stores.ts'

const PROCESSES = 3

interface Call {
  readonly process: number
  /** How long the callback takes. */
  readonly staysMs: number
}

type Step =
  | { readonly do: 'call'; readonly call: Call }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'stand still'; readonly ms: number }
  | { readonly do: 'fail' | 'lose'; readonly process: number; readonly operation: 'load' | 'create' | 'update' }

const whose = fc.nat(PROCESSES - 1)
const call = fc
  .record({ process: whose, staysMs: fc.oneof(fc.nat(100), fc.nat(3 * LEASE)) })
  .map((made): Step => ({ do: 'call', call: made }))
const pass = fc.nat(2 * LEASE).map((ms): Step => ({ do: 'pass', ms }))
const standStill = fc.nat(2 * LEASE).map((ms): Step => ({ do: 'stand still', ms }))
const fault = fc.record({
  do: fc.constantFrom('fail' as const, 'lose' as const),
  process: whose,
  operation: fc.constantFrom('load' as const, 'create' as const, 'update' as const),
})

/** Runs the steps against one session that counts, each process on a store of its own, and lets all calls end. */
async function run(steps: readonly Step[]) {
  const clock = manualClock()
  const records = new Map<string, StoredSession>()
  const open = () => {
    const backend = new FaultyStore(memoryStore({ records }))
    return { backend, sessions: createSessions<Data>({ store: backend.store, clock, initialData: () => ({ n: -1 }) }) }
  }
  const processes = Array.from({ length: PROCESSES }, open)
  const session = await open().sessions.open()
  session.data.n = 0
  const token = tokenIn(await session.save())
  const processOf = (index: number) => {
    const found = processes[index]
    if (!found) throw new Error(`there is no process ${index}`)
    return found
  }
  const visits = new Visits()
  const outcomes: string[] = []
  let calls = 0

  const increment = async ({ process: index, staysMs }: Call) => {
    calls++
    const outcome = processOf(index).sessions.exclusive(token, (held) =>
      visits.stay(`process ${index}`, async () => {
        const { n } = held.data
        await new Promise<void>((resolve) => clock.setTimer(resolve, staysMs))
        held.data.n = n + 1
        return (await held.save()).status
      }),
    )
    outcomes.push(await outcome.catch((error: { code: string }) => error.code))
  }

  for (const step of steps) {
    if (step.do === 'call') void increment(step.call)
    else if (step.do === 'pass') await timePasses(clock, step.ms)
    else if (step.do === 'stand still') clock.advance(step.ms)
    else processOf(step.process).backend[step.do === 'fail' ? 'failNext' : 'loseNext'](step.operation)
    await settled()
  }
  while (outcomes.length < calls) await timePasses(clock, PAUSE)
  const { n } = (await open().sessions.open(token)).data
  return { n, outcomes, visits, pendingTimers: clock.pendingTimers }
}

async function timePasses(clock: ManualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= PAUSE) {
    clock.advance(Math.min(PAUSE, left))
    await settled()
  }
}

const counted = (outcomes: readonly string[], outcome: string) => outcomes.filter((one) => one === outcome).length

it('whatever fails, however long processes stand still: what is acknowledged counts, and what is refused does not', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(call, call, pass, standStill, fault), { maxLength: 20 }), async (steps) => {
      const { n, outcomes, pendingTimers } = await run(steps)
      const saved = counted(outcomes, 'saved')
      // A save that failed may have been applied, if it could not be looked up.
      expect(n).toBeGreaterThanOrEqual(saved)
      expect(n).toBeLessThanOrEqual(saved + counted(outcomes, 'ERR_STORE_FAILED'))
      expect(pendingTimers).toBe(0)
      for (const outcome of outcomes) seen.add(outcome)
    }),
    { numRuns: 300 },
  )
  expect([...seen].sort()).toEqual(['ERR_LOCK_LOST', 'ERR_LOCK_TIMEOUT', 'ERR_STORE_FAILED', 'saved'])
})

it('as long as processes do not stand still, never two at once, and every one that got in counts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(call, pass), { maxLength: 20 }), async (steps) => {
      const { n, outcomes, visits } = await run(steps)
      expect(visits.most).toBeLessThanOrEqual(1)
      expect(n).toBe(counted(outcomes, 'saved'))
      expect(counted(outcomes, 'saved') + counted(outcomes, 'ERR_LOCK_TIMEOUT')).toBe(outcomes.length)
    }),
    { numRuns: 300 },
  )
})
