import { expectEqual } from '../test-harness/src/engine/expect.ts'
import { ConformanceFailure } from '../test-harness/src/engine/failure.ts'
import type { Check } from './check.ts'
import { type Handle, LIFETIME_MS, type Trial } from './trial.ts'

/** The boundary lies within this distance of the expiry for all peers. */
const REACH_MS = 4_096
/** Between two probes, so that each starts at a whole second. */
const MINUTE_MS = 60_000
/** Not on a whole second: some peers count in seconds. */
const SHORT_MS = 10_500

export const expiryChecks: readonly Check[] = [
  {
    name: 'expiry',
    rules: ['GRACE-001'],
    title: '`get` serves a session until a millisecond before `cookie.expires`, and not from then on',
    async check(trial) {
      const store = await trial.open()
      const offset = await firstRefused(trial, store)
      if (offset === 0) return
      const when = `${trial.peer.jitterMs ? 'about ' : ''}${Math.abs(offset)} ms ${offset < 0 ? 'before' : 'after'}`
      throw new ConformanceFailure(`\`get\` refuses the session from ${when} its expiry on`, {
        case: `${offset > 0 ? '+' : '−'}${Math.abs(offset)} ms`,
      })
    },
  },
  {
    name: 'max-age-0',
    rules: ['GRACE-001'],
    title: 'a session that is saved with a `cookie.maxAge` of 0 is not served a minute later',
    async check(trial) {
      const store = await trial.open()
      const sid = trial.begin()
      await store.set(sid, 1, 0)
      trial.clock.advance(MINUTE_MS)
      trial.note('a minute later')
      expectEqual((await store.get(sid))?.n, undefined, 'an expired session was served')
    },
  },
  {
    name: 'clean-up',
    rules: ['SWEEP-001'],
    title: 'the clean-up removes what has expired and nothing else',
    notOf: ({ noCleanUp }) => noCleanUp,
    async check(trial) {
      const store = await trial.open()
      const [short, long] = [trial.begin(), trial.begin()]
      const start = trial.clock.now()
      await store.set(short, 1, LIFETIME_MS)
      await store.set(long, 2, 2 * LIFETIME_MS)
      trial.clock.advance(LIFETIME_MS + 2_000)
      trial.note('2 s after the expiry of the first')
      await store.cleanUp()
      expectEqual((await store.get(long))?.n, 2, 'the session that has not expired')
      trial.clock.jumpTo(start)
      trial.note('the clock set back, to see what is stored')
      expectEqual((await store.get(short))?.n, undefined, 'the session that has expired is still stored')
    },
  },
]

/** By bisection, with a session of its own for each probe; the trace is that of the two probes around the boundary. */
async function firstRefused(trial: Trial, store: Handle): Promise<number> {
  let [served, refused] = [-REACH_MS, REACH_MS]
  while (refused - served > 1) {
    const offset = served + Math.floor((refused - served) / 2)
    if (await isServed(trial, store, offset)) served = offset
    else refused = offset
  }
  const { jitterMs } = trial.peer
  if (jitterMs !== undefined) {
    refused = Math.round(refused / jitterMs) * jitterMs
    ;[served, refused] = [refused - jitterMs, refused + jitterMs]
  }
  await isServed(trial, store, served)
  const lines = trial.lines
  await isServed(trial, store, refused)
  trial.precede(lines)
  return jitterMs === undefined ? refused : refused - jitterMs
}

async function isServed(trial: Trial, store: Handle, offsetMs: number): Promise<boolean> {
  const { clock } = trial
  clock.advance(MINUTE_MS - (clock.now() % MINUTE_MS))
  const sid = trial.begin()
  await store.set(sid, 1, SHORT_MS)
  clock.advance(SHORT_MS + offsetMs)
  trial.note(`${Math.abs(offsetMs)} ms ${offsetMs < 0 ? 'before' : 'after'} its expiry`)
  return (await store.get(sid)) !== undefined
}
