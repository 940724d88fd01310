import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manualClock } from '@leeway/core/testing'
import { type Arena, type Contender, IDLE_MS, type Step } from './contender.ts'
import { leeway } from './leeway.ts'
import { naive } from './naive.ts'

/** The ten orders in which one request and one cleanup can meet (mod_python list, April 2005). */
const ORDERS = ['CDLPS', 'CLDPS', 'CLPDS', 'CLPSD', 'LCDPS', 'LCPDS', 'LCPSD', 'LPCDS', 'LPCSD', 'LPSCD']
/** Those that delete what was just saved. */
const FATAL: readonly number[] = [4, 7, 9]

interface TraceLine {
  readonly step: Step
  /** Milliseconds since the session's expiry; negative before it. */
  readonly sinceExpiryMs: number
  /** What the step answered. */
  readonly answer: string
}

interface Run {
  readonly trace: readonly TraceLine[]
  /**
   * `kept`: the value that the request was told it had saved can be read back. `lost`: it cannot. `refused`: it can, in
   * a new session, because the load was refused.
   */
  readonly verdict: 'kept' | 'lost' | 'refused'
  /** What a later request reads. */
  readonly readBack: string | null
  /** How long the steps took. */
  readonly tookMs: number
}

export interface Replay {
  readonly order: number
  readonly steps: readonly Step[]
  readonly naive: Run
  readonly leeway: Run
}

/** Runs orders 4, 7 and 9, or all ten, against both stores, on real databases and a clock that moves between the steps. */
export async function replay(all = false): Promise<Replay[]> {
  const replays: Replay[] = []
  for (const [index, letters] of ORDERS.entries()) {
    const order = index + 1
    if (!all && !FATAL.includes(order)) continue
    const steps = letters.split('') as Step[]
    replays.push({ order, steps, naive: await run(steps, naive), leeway: await run(steps, leeway) })
  }
  return replays
}

async function run(steps: readonly Step[], enter: (arena: Arena) => Promise<Contender>): Promise<Run> {
  const directory = await mkdtemp(join(tmpdir(), 'leeway-replay-'))
  try {
    const clock = manualClock()
    const expiresAt = clock.now() + IDLE_MS
    const contender = await enter({ clock, directory })
    try {
      const trace: TraceLine[] = []
      const startedAt = performance.now()
      // What comes before the check happens a second before the expiry; the check finds the session one second past it.
      clock.advance(IDLE_MS - 1000)
      for (const step of steps) {
        if (step === 'C') clock.advance(expiresAt + 1000 - clock.now())
        trace.push({ step, sinceExpiryMs: clock.now() - expiresAt, answer: await contender.steps[step]() })
        clock.advance(100)
      }
      const readBack = await contender.readBack()
      const tookMs = performance.now() - startedAt
      const verdict = readBack !== 'after' ? 'lost' : contender.refused() ? 'refused' : 'kept'
      return { trace, verdict, readBack, tookMs }
    } finally {
      await contender.close()
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
