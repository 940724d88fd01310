import type { RuleContext } from '../../engine/context.ts'
import type { Call } from '../../engine/linearizable.ts'
import { shrinkHistory } from '../../engine/shrink-history.ts'
import type { Operation } from '../operations.ts'
import { historyFailure, type Origin } from './failure.ts'
import { callsOn, recordSpecification } from './record-specification.ts'
import type { Script } from './script.ts'

/** What a backend that purges by itself may drop: what is due so soon after a history's end by real time. */
const SLACK_MS = 600_000

/** A history that has been run. */
export interface Ran {
  readonly script: Script
  readonly calls: readonly Call<Operation>[]
}

/** Fails unless each record of the history behaved as if one call had come after another. */
export function expectLinearizable(ctx: RuleContext, { script, calls }: Ran, origin: Origin): void {
  ctx.count('histories')
  ctx.count('history calls', calls.length)
  const isNative = ctx.capabilities.purge === 'native'
  const specification = recordSpecification(isNative ? origin.start + script.lastMs + SLACK_MS : undefined)
  for (const id of script.ids) {
    const found = shrinkHistory(callsOn(id, calls), specification)
    if (found) throw historyFailure(found, origin)
  }
}
