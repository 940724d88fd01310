import type { SessionStore } from '@leeway/core/adapter'
import type { Failure, RuleResult } from '../report/report.ts'
import { RuleRun } from './context.ts'
import { TIMED_OUT, within } from './deadline.ts'
import { describeError } from './expect.ts'
import { ConformanceFailure } from './failure.ts'
import type { Facts, Rule } from './rule.ts'
import { withScratch } from './scratch.ts'
import type { Settings } from './settings.ts'

/** Once a store's `close` has hung, the kit no longer waits for that subject's stores after each rule. */
const hangsOnClose = new WeakSet<Facts>()

/** Runs one rule in a scratch directory and on a clock of its own. Never rejects. */
export async function runRule(rule: Rule, facts: Facts, settings: Settings): Promise<RuleResult> {
  const { deadlineMs } = settings
  const started = performance.now()
  const outcome = await withScratch(facts.subject, (scratch) =>
    check(rule, new RuleRun(facts, scratch, settings)),
  ).catch((error: unknown) => ({ status: 'error' as const, failure: { message: describeError(error), trace: [] } }))
  return { ...describeRule(rule), ...outcome, ms: performance.now() - started }

  async function check(rule: Rule, run: RuleRun): Promise<Partial<RuleResult> & Pick<RuleResult, 'status'>> {
    try {
      const checked = await within(deadlineMs, rule.check(run.context), () => run.trace.lastAnswerAt)
      if (checked !== TIMED_OUT) return { status: 'pass', ...facetsOf(run) }
      const message = `nothing was answered for ${deadlineMs} ms: a call never answers`
      return { status: 'fail', failure: { message, trace: run.trace.lines() } }
    } catch (error) {
      return {
        status: error instanceof ConformanceFailure ? 'fail' : 'error',
        failure: failureOf(rule, error, run.trace.lines()),
        ...facetsOf(run, error),
      }
    } finally {
      await closeAll(run.opened, facts, deadlineMs)
    }
  }
}

/** What stands in every result of a rule, whatever became of it. */
export function describeRule({ id, level, tier, title, why }: Rule): Omit<RuleResult, 'status' | 'ms'> {
  return { id, level, tier, title, why }
}

function facetsOf(run: RuleRun, error?: unknown): Pick<RuleResult, 'counts' | 'drawing'> {
  const drawing = (error instanceof ConformanceFailure ? error.drawing : undefined) ?? run.drawing
  return { ...(Object.keys(run.counts).length > 0 && { counts: run.counts }), ...(drawing && { drawing }) }
}

function failureOf({ id }: Rule, error: unknown, trace: readonly string[]): Failure {
  if (!(error instanceof ConformanceFailure)) return { message: describeError(error), trace }
  const { message, expected, actual } = error
  return {
    message,
    trace,
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
