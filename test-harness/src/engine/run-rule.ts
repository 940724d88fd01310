import type { SessionStore } from '@leeway/core/adapter'
import type { Failure, RuleResult } from '../report/report.ts'
import { RuleRun } from './context.ts'
import { ABORTED, TIMED_OUT, within } from './deadline.ts'
import { describeError } from './expect.ts'
import { ConformanceFailure } from './failure.ts'
import type { Facts, Rule } from './rule.ts'
import { withScratch } from './scratch.ts'
import { noSuchCase, type Settings } from './settings.ts'

/** How many rules a store has given no answer to. */
const timedOut = new WeakMap<Facts, number>()
/** Of a store that has given none to so many, only a fraction of the deadline is waited for, and only once. */
const MOST_TIMED_OUT = 3
const FRACTION = 10

/** Once a store's `close` has hung, the kit no longer waits for that subject's stores after each rule. */
const hangsOnClose = new WeakSet<Facts>()

/** A call that has not answered is not waited for as long once more, only to see where it stands. */
const SECOND_DEADLINE_MS = 1_000

type Outcome = Pick<RuleResult, 'status' | 'failure' | 'counts' | 'drawing'>

/** What becomes of a rule that was under way, or still to come, when the run was ended. */
export const interrupted = { status: 'not-run', reason: 'interrupted' } as const

/** Runs one rule in a scratch directory and on a clock of its own. Never rejects. */
export async function runRule(rule: Rule, facts: Facts, settings: Settings): Promise<RuleResult> {
  const started = performance.now()
  const outcome = await runOnce(rule, facts, settings)
  const failure = outcome.failure && (await located(outcome.failure, rule, facts, settings))
  return { ...describeRule(rule), ...outcome, ...(failure && { failure }), ms: performance.now() - started }
}

/** What stands in every result of a rule, whatever became of it. */
export function describeRule({ id, level, tier, title, why }: Rule): Omit<RuleResult, 'status' | 'ms'> {
  return { id, level, tier, title, why }
}

/**
 * The failure with the lines of the store where it happened. For their sake what failed is run once more, watched: of
 * several cases only the one that failed, so that nothing else stands among the last calls.
 */
async function located(failure: Failure, rule: Rule, facts: Facts, settings: Settings): Promise<Failure> {
  if (failure.trace.length === 0 || isSilent(facts)) return failure
  const { failure: again } = await runOnce(
    rule,
    facts,
    {
      ...settings,
      only: failure.replay?.slice(rule.id.length + 1) ?? settings.only,
      soakMs: 0,
      deadlineMs: Math.min(settings.deadlineMs, SECOND_DEADLINE_MS),
    },
    true,
  )
  if (again?.message === failure.message) return again
  return again?.at ? { ...failure, at: again.at } : failure
}

function runOnce(rule: Rule, facts: Facts, settings: Settings, isWatched = false): Promise<Outcome> {
  const deadlineMs = isSilent(facts) ? Math.ceil(settings.deadlineMs / FRACTION) : settings.deadlineMs
  return withScratch<Outcome>(
    facts.subject,
    (scratch) => check(rule, facts, { ...settings, deadlineMs }, new RuleRun(facts, scratch, settings), isWatched),
    (outcome, { message }) => (outcome.status === 'pass' ? errorOf(message) : outcome),
  ).catch((error: unknown) => errorOf(describeError(error)))
}

function errorOf(message: string): Outcome {
  return { status: 'error', failure: { message, trace: [] } }
}

function isSilent(facts: Facts): boolean {
  return (timedOut.get(facts) ?? 0) >= MOST_TIMED_OUT
}

async function check(
  rule: Rule,
  facts: Facts,
  { only, deadlineMs, signal }: Settings,
  run: RuleRun,
  isWatched: boolean,
): Promise<Outcome> {
  const stopWatching = isWatched ? run.trace.watch() : undefined
  try {
    const checked = await within(deadlineMs, rule.check(run.context), () => run.lastSign, signal)
    if (checked === ABORTED) return interrupted
    if (only !== undefined && !run.hasCases) noSuchCase(only)
    if (checked !== TIMED_OUT) return { status: 'pass', ...facetsOf(run) }
    timedOut.set(facts, (timedOut.get(facts) ?? 0) + 1)
    const message = `nothing was answered for ${deadlineMs} ms: a call never answers`
    return { status: 'fail', failure: failureOf(rule, new ConformanceFailure(message), run) }
  } catch (error) {
    return {
      status: error instanceof ConformanceFailure ? 'fail' : 'error',
      failure: failureOf(rule, error, run),
      ...facetsOf(run, error),
    }
  } finally {
    stopWatching?.()
    await run.kill()
    await closeAll(run.opened, facts, deadlineMs)
  }
}

function facetsOf(run: RuleRun, error?: unknown): Pick<RuleResult, 'counts' | 'drawing'> {
  const drawing = (error instanceof ConformanceFailure ? error.drawing : undefined) ?? run.drawing
  return { ...(Object.keys(run.counts).length > 0 && { counts: run.counts }), ...(drawing && { drawing }) }
}

function failureOf({ id, tier }: Rule, error: unknown, { trace }: RuleRun): Failure {
  const known = error instanceof ConformanceFailure ? error.at : undefined
  const sites = known ?? trace.sites(tier === 'concurrent')
  const told = { trace: trace.lines(), ...(sites.length > 0 && { at: sites }) }
  if (!(error instanceof ConformanceFailure)) return { message: describeError(error), ...told }
  const { message, expected, actual } = error
  return {
    message,
    ...told,
    ...(expected !== undefined && { expected }),
    ...(actual !== undefined && { actual }),
    ...(error.case !== undefined && { replay: `${id}:${error.case}` }),
  }
}

/** Closing is judged by its own rules; here it only has to end, so that the scratch directory can be removed. */
async function closeAll(stores: readonly SessionStore[], facts: Facts, deadlineMs: number): Promise<void> {
  const closing = Promise.allSettled(stores.map(async (store) => store.close()))
  if (hangsOnClose.has(facts)) return
  if ((await within(deadlineMs, closing)) === TIMED_OUT) hangsOnClose.add(facts)
}
