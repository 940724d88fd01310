import { assertKnownOptions } from '@leeway/core/adapter'
import { type Report, type RuleResult, reportOf } from '../report/report.ts'
import { describeError } from './expect.ts'
import { type Planned, planRules, readFacts, type Selection, shareSoak } from './plan.ts'
import type { Facts } from './rule.ts'
import { describeRule, interrupted, runRule } from './run-rule.ts'
import { type Settings, settingsOf } from './settings.ts'
import type { Subject } from './subject.ts'

export interface RunOptions extends Selection {
  /** Called with each result as it comes. */
  readonly onResult?: ((result: RuleResult) => void) | undefined
}

const OPTION_NAMES = [
  'rules',
  'waive',
  'seed',
  'replay',
  'soakMinutes',
  'deadlineMs',
  'signal',
  'onResult',
] as const satisfies readonly (keyof RunOptions)[]

/**
 * Runs the rules, one after another, and reports. Rejects only for wrong options: a store that cannot even be opened
 * is a report with that one error, and nothing else run.
 *
 * @example
 * import { defineSubject, runConformance } from '@leeway/conformance'
 * import { type StoredSession } from '@leeway/core'
 * import { memoryStore } from '@leeway/core/memory'
 *
 * const places = new Map<string, Map<string, StoredSession>>()
 * const subject = defineSubject({
 *   name: 'memory',
 *   open({ scratch, namespace, maxPayloadBytes }) {
 *     const records = places.get(scratch) ?? new Map()
 *     places.set(scratch, records)
 *     return memoryStore({ records, namespace, maxPayloadBytes })
 *   },
 * })
 * const report = await runConformance(subject)
 * console.log(report.ok) // true
 * @throws `ERR_INVALID_OPTION`
 */
export async function runConformance(subject: Subject, options: RunOptions = {}): Promise<Report> {
  const started = performance.now()
  assertKnownOptions(options, OPTION_NAMES, 'runConformance')
  const { onResult } = options
  const wanted = settingsOf(options)
  const facts = await readFacts(subject, wanted).catch((error: unknown) => new Error(`open: ${describeError(error)}`))
  const results: RuleResult[] = []
  const allPlanned = planRules(facts instanceof Error ? undefined : facts, options)
  const settings = shareSoak(wanted, allPlanned)
  for (const planned of allPlanned) {
    const told = facts instanceof Error && results.some(({ status }) => status === 'error')
    const skip = planned.skip ?? (settings.signal?.aborted ? interrupted : told ? unopened : undefined)
    const result = await resultOf({ rule: planned.rule, ...(skip && { skip }) }, facts, settings)
    results.push(result)
    onResult?.(result)
  }
  const { name, module } = subject
  return reportOf({ subject: name, module, seed: settings.seed, results, ms: performance.now() - started })
}

/** One error tells that the store cannot be opened; the other rules need not repeat it. */
const unopened = { status: 'not-run', reason: 'the store could not be opened' } as const

async function resultOf({ rule, skip }: Planned, facts: Facts | Error, settings: Settings): Promise<RuleResult> {
  if (skip) return { ...describeRule(rule), ...skip, ms: 0 }
  if (!(facts instanceof Error)) return runRule(rule, facts, settings)
  return { ...describeRule(rule), status: 'error', failure: { message: facts.message, trace: [] }, ms: 0 }
}
