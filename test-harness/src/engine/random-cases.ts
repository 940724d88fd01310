import { setImmediate as turn } from 'node:timers/promises'
import { LeewayError } from '@leeway/core/adapter'
import type { RuleContext } from './context.ts'
import { Random } from './random.ts'

const TURN_MS = 50
const PATIENCE = 5

/** How many cases a rule runs. */
export interface Measure {
  readonly least: number
  readonly most: number
  /** Real milliseconds after which no case is begun, once the least have been run; on a slow store five times as many. */
  readonly ms: number
}

/**
 * Runs a check on seeds drawn from the run's own: the one that is to be replayed, or as many as the measure allows and
 * the soak asks for. How many they are depends on the machine, which ones they are does not.
 *
 * @param stream tells the rules apart that draw from the same seed
 */
export async function forRandomCases(
  { settings }: Pick<RuleContext, 'settings'>,
  stream: number,
  { least, most, ms }: Measure,
  check: (seed: number) => Promise<void>,
): Promise<void> {
  if (settings.only !== undefined) return check(seedIn(settings.only))
  const random = new Random(settings.seed ^ Math.imul(stream, 0x9e3779b1))
  const started = performance.now()
  const allows = (done: number): boolean => {
    const passed = performance.now() - started
    return (done < least && passed < PATIENCE * ms) || (done < most && passed < ms) || passed < settings.soakMs
  }
  let turnedAt = started
  for (let done = 0; allows(done); done++) {
    await check(random.below(2 ** 31))
    if (performance.now() - turnedAt < TURN_MS) continue
    // A store in memory answers without a turn of the event loop, which would then never hear of an interruption.
    await turn()
    if (settings.signal?.aborted) return
    turnedAt = performance.now()
  }
}

function seedIn(only: string): number {
  if (/^\d{1,10}$/.test(only)) return Number(only)
  throw new LeewayError('ERR_INVALID_OPTION', `${JSON.stringify(only)} is no seed of a case`, { operation: 'replay' })
}
