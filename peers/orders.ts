import { expectEqual, expectThat } from '../test-harness/src/engine/expect.ts'
import { ConformanceFailure } from '../test-harness/src/engine/failure.ts'
import { type Held, Stepper } from '../test-harness/src/engine/stepper.ts'
import type { Check } from './check.ts'
import { type Handle, LIFETIME_MS, type Trial } from './trial.ts'

/** The ten orders of 2005: a request loads (L), processes (P) and saves (S), a clean-up checks (C) and deletes (D). */
const ORDERS = 'CDLPS CLDPS CLPDS CLPSD LCDPS LCPDS LCPSD LPCDS LPCSD LPSCD'.split(' ')

export const orderCheck: Check = {
  name: 'orders',
  rules: ORDERS.map((_, n) => `ORDER-${String(n + 1).padStart(3, '0')}`),
  title:
    'the ten orders of 2005, wherever the clock passes the expiry: a live session is found, and what `set` has saved is there at the end',
  notOf: ({ noCleanUp }) => noCleanUp,
  async check(trial) {
    const failed = new Map<number, { error: ConformanceFailure; lines: readonly string[] }>()
    // Processing is no call, so many of the orders are the same ones.
    const outcomes = new Map<string, Promise<void>>()
    for (const [n, order] of ORDERS.entries()) {
      try {
        for (const events of placements(order)) {
          const outcome = outcomes.get(events) ?? runOrder(trial, events)
          outcomes.set(events, outcome)
          await outcome
        }
      } catch (error) {
        if (!(error instanceof ConformanceFailure)) throw error
        failed.set(n + 1, { error, lines: trial.lines })
      }
    }
    const [first] = failed.values()
    if (!first) return
    trial.begin()
    trial.precede(first.lines)
    const part = [...failed.keys()].join(', ')
    throw new ConformanceFailure(`orders ${part}; the first: ${first.error.message}`, { case: part })
  },
}

/** Every place of the expiry (E) in the order. */
function placements(order: string): string[] {
  const calls = order.replace('P', '')
  return Array.from({ length: calls.length + 1 }, (_, e) => `${calls.slice(0, e)}E${calls.slice(e)}`)
}

/** Every way of the clean-up to be under way between C and D: not yet begun, and held before each of its calls. */
async function runOrder(trial: Trial, events: string): Promise<void> {
  const stepper = new Stepper()
  const [request, cleaner] = [await trial.open(), await trial.open(stepper.step)]
  await run(trial, events, request, cleaner, undefined)
  for (let k = 0; await run(trial, events, request, cleaner, { stepper, k }); k++);
}

interface Hold {
  readonly stepper: Stepper
  readonly k: number
}

/** @returns whether the clean-up was held, before its `k`-th call */
async function run(
  trial: Trial,
  events: string,
  request: Handle,
  cleaner: Handle,
  hold: Hold | undefined,
): Promise<boolean> {
  const sid = trial.begin()
  await request.set(sid, 1)
  trial.clock.advance(LIFETIME_MS / 2)
  let cleaning: Held<void> | undefined
  let [hasExpired, isLoaded, isSaved] = [false, false, false]
  for (const event of events) {
    if (event === 'E') {
      trial.clock.advance(LIFETIME_MS / 2 + 2_000)
      hasExpired = true
      trial.note('the session expires')
    }
    if (event === 'L') {
      isLoaded = (await request.get(sid)) !== undefined
      expectThat(isLoaded || hasExpired, `a live session was not found (${[...events].join(' ')})`)
    }
    if (event === 'S' && isLoaded) {
      await request.set(sid, 2)
      isSaved = true
    }
    if (event === 'C' && hold) {
      cleaning = await hold.stepper.hold(hold.k, () => cleaner.cleanUp())
      if (cleaning.isHeld) trial.noteHeld('clean-up')
    }
    if (event === 'D') await (cleaning ? cleaning.finish() : cleaner.cleanUp())
  }
  if (isSaved) expectEqual((await request.get(sid))?.n, 2, `what was saved (${[...events].join(' ')})`)
  await request.destroy(sid)
  return cleaning?.isHeld ?? false
}
