import { describeError } from '../test-harness/src/engine/expect.ts'
import { ConformanceFailure } from '../test-harness/src/engine/failure.ts'
import { type Drawing, type RuleResult, runConformance } from '../test-harness/src/index.ts'
import type { Check } from './check.ts'
import { unfollow } from './clock.ts'
import { crashCheck } from './crash.ts'
import { expiryChecks } from './expiry.ts'
import { guardedSubject } from './guarded-subject.ts'
import { idChecks } from './ids.ts'
import { asked } from './kit-rules.ts'
import { orderCheck } from './orders.ts'
import type { Peer, Services } from './peer.ts'
import { touchChecks } from './touches.ts'
import { Trial } from './trial.ts'

/** What is asked in the terms of express-session's API, in the order of the table. */
export const checks: readonly Check[] = [...touchChecks, ...expiryChecks, orderCheck, ...idChecks, crashCheck]

export interface Finding {
  /** A rule of the kit, or the name of a check. */
  readonly of: string
  readonly verdict: 'pass' | 'fail' | 'error' | 'no notion'
  /** Why there is no notion of it, or what went wrong. */
  readonly message?: string
  readonly expected?: string
  readonly actual?: string
  readonly trace?: readonly string[]
  /** Which of several promises were broken. */
  readonly part?: string
  /** Runs this one order again. */
  readonly replay?: string
}

/**
 * Runs the kit's rules and the checks on one peer.
 *
 * @param only names of rules and checks, and replay ids of rules; without them everything is run
 */
export async function tryPeer(peer: Peer, services: Services, only: readonly string[] = []): Promise<Finding[]> {
  const findings: Finding[] = []
  const isWanted = (name: string) => only.length === 0 || only.includes(name)
  try {
    const runs = [
      { rules: asked.flatMap(({ rules }) => rules).filter(isWanted) },
      ...only.filter((name) => name.includes(':')).map((replay) => ({ replay })),
    ]
    for (const run of runs) {
      const { results } = await runConformance(guardedSubject(peer, services), { ...run, seed: 1 })
      findings.push(...results.filter(({ reason }) => reason === undefined).map(findingOf))
    }
    for (const check of checks) if (isWanted(check.name)) findings.push(await runCheck(check, peer, services))
  } finally {
    unfollow()
    await peer.end?.()
  }
  return findings
}

function findingOf({ id, status, failure, drawing }: RuleResult): Finding {
  if (status === 'pass') return { of: id, verdict: 'pass' }
  const trace = drawing ? linesOf(drawing) : failure?.trace
  const { message, actual, replay } = failure ?? {}
  return {
    of: id,
    verdict: status === 'fail' ? 'fail' : 'error',
    ...(message !== undefined && { message }),
    ...(actual !== undefined && { actual }),
    ...(replay !== undefined && { replay }),
    ...(trace && { trace }),
  }
}

/** The order that failed: which call of which operation came when. */
function linesOf({ lanes, marks }: Drawing): string[] {
  return marks.map(({ lane, label, answer }) => `${lanes[lane]}: ${label}${answer === undefined ? '' : ` → ${answer}`}`)
}

export async function runCheck(check: Check, peer: Peer, services: Services): Promise<Finding> {
  const message = check.notOf?.(peer)
  if (message !== undefined) return { of: check.name, verdict: 'no notion', message }
  const trial = new Trial(peer, services)
  try {
    await check.check(trial)
    return { of: check.name, verdict: 'pass' }
  } catch (error) {
    if (!(error instanceof ConformanceFailure)) {
      return { of: check.name, verdict: 'error', message: describeError(error), trace: trial.lines }
    }
    const { expected, actual, message, case: part } = error
    return {
      of: check.name,
      verdict: 'fail',
      message,
      trace: trial.lines,
      ...(expected !== undefined && { expected }),
      ...(actual !== undefined && { actual }),
      ...(part !== undefined && { part }),
    }
  } finally {
    await trial.end()
  }
}
