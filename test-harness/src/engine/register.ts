import { formatFailure } from '../report/format-report.ts'
import { replayCommand, subjectFile } from '../report/replay-command.ts'
import { planRules, readFacts, type Selection, shareSoak } from './plan.ts'
import type { Facts, Rule } from './rule.ts'
import { runRule } from './run-rule.ts'
import { settingsOf } from './settings.ts'
import type { Subject } from './subject.ts'

type Define = (title: string, run: () => Promise<void>, timeoutMs?: number) => unknown

/** The part of a test runner that the kit uses: vitest, node:test, mocha and jest have it. */
export interface Runner extends Selection {
  describe(title: string, define: () => void): unknown
  readonly it: Define & { readonly skip: Define }
}

/** The longest that a timer can wait. The kit itself ends what hangs, and a soak may last for hours. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

/**
 * Registers one test a rule with a test runner. Opens the store once before, because what it declares decides which
 * rules apply, and runners want to know their tests before they run them: so await it at the top level of the test file.
 * Rules that are not run are registered with `it.skip`, with the reason in the title.
 *
 * The runner's own timeout does not apply to them: a store that answers nothing for `deadlineMs` has failed the rule.
 *
 * @example
 * import { register } from '@leeway/conformance'
 * import { describe, it } from 'vitest'
 * import subject from './my-store.subject.ts'
 *
 * await register(subject, { describe, it })
 * @throws `ERR_INVALID_OPTION`
 */
export async function register(subject: Subject, runner: Runner): Promise<void> {
  const { describe, it } = runner
  const wanted = settingsOf(runner)
  let facts: Facts
  try {
    facts = await readFacts(subject, wanted)
  } catch (error) {
    describe(subject.name, () => define('opens', () => Promise.reject(error)))
    return
  }
  const planned = planRules(facts, runner)
  const settings = shareSoak(wanted, planned)
  describe(subject.name, () => {
    for (const { rule, skip } of planned) {
      const title = `${rule.id} ${rule.title}`
      if (skip) it.skip(`${title} [${skip.status}: ${skip.reason}]`, async () => {})
      else define(title, () => check(rule))
    }
    if (planned.every(({ skip }) => skip)) {
      define('runs at least one rule', () => Promise.reject(new Error('nothing run')))
    }
  })

  function define(title: string, run: () => Promise<void>): void {
    // vitest and jest take the timeout as third argument, mocha from the test that it gives back; node:test has none.
    const test = it(title, run, NO_TIMEOUT_MS)
    if (canTimeout(test)) test.timeout(NO_TIMEOUT_MS)
  }

  async function check(rule: Rule): Promise<void> {
    const result = await runRule(rule, facts, settings)
    if (result.status === 'pass') return
    const file = subjectFile(subject.module)
    const replay = replayCommand({ seed: settings.seed, ...(file !== undefined && { file }) }, result)
    const failure = new Error(formatFailure(result, {}, replay))
    // Where it is thrown is of no interest: the lines of the store stand in the message.
    failure.stack = failure.message
    throw failure
  }
}

function canTimeout(test: unknown): test is { timeout(ms: number): unknown } {
  return typeof test === 'object' && test !== null && 'timeout' in test && typeof test.timeout === 'function'
}
