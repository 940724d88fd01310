import { ABORTED, TIMED_OUT, within } from '../engine/deadline.ts'
import { describeError } from '../engine/expect.ts'
import { loadSubject } from '../engine/load-subject.ts'
import type { Rule, Tier } from '../engine/rule.ts'
import { runConformance } from '../engine/run-conformance.ts'
import { describeRule, interrupted } from '../engine/run-rule.ts'
import { type SettingOptions, settingsOf } from '../engine/settings.ts'
import type { Subject } from '../engine/subject.ts'
import { formatReport } from '../report/format-report.ts'
import { missingFor } from '../report/levels.ts'
import { type Report, type RuleResult, reportOf } from '../report/report.ts'
import { tierName } from '../report/words.ts'
import { rules } from '../rules/index.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { mistake } from './mistake.ts'
import { showProgress } from './progress.ts'
import { type ReportFile, writeReport } from './report-files.ts'
import { catchStrays } from './strays.ts'

const ENDED_BY = ['SIGINT', 'SIGTERM'] as const

/** A run that was ended has so long to close what is open before it is told without. */
const ENDING_MS = 5_000

export interface RunRequest extends SettingOptions {
  readonly file: string
  readonly selected: readonly Rule[]
  readonly waive: Readonly<Record<string, string>>
  readonly required?: Tier | undefined
  readonly reports: readonly ReportFile[]
  readonly colors: boolean
}

/** Runs the rules on a subject, prints the verdict, writes the reports; resolves with the exit code. */
export async function run(request: RunRequest): Promise<number> {
  const strays = catchStrays()
  const ending = new AbortController()
  const end = () => ending.abort()
  for (const signal of ENDED_BY) process.once(signal, end)
  try {
    const { deadlineMs } = settingsOf(request)
    const subject = await within(deadlineMs, loadSubject(request.file), undefined, ending.signal)
    if (subject === ABORTED) return EXIT.interrupted
    if (subject === TIMED_OUT) throw mistake(`${request.file} has not been loaded after ${deadlineMs} ms`)
    const report = await reported(subject, request, ending.signal)
    console.log(formatReport(report, { colors: request.colors }))
    const { required } = request
    if (required !== undefined) console.log(requirementWords(required, report))
    for (const stray of new Set(strays.told)) console.error(`The store left an error that nobody handled: ${stray}`)
    const written = await writeReports(request.reports, report)
    if (ending.signal.aborted) return EXIT.interrupted
    const code = exitCodeOf(report, required)
    return (code === EXIT.kept && strays.told.length > 0) || !written ? EXIT.noVerdict : code
  } finally {
    for (const signal of ENDED_BY) process.off(signal, end)
    strays.stop()
  }
}

async function reported(subject: Subject, request: RunRequest, signal: AbortSignal): Promise<Report> {
  const { selected, waive, replay, soakMinutes, deadlineMs } = request
  // Known before the run is, in case that it never ends.
  const { seed } = settingsOf(request)
  const started = performance.now()
  const progress = showProgress(process.stderr, selected)
  const results: RuleResult[] = []
  const running = runConformance(subject, {
    rules: selected.map(({ id }) => id),
    waive,
    seed,
    replay,
    soakMinutes,
    deadlineMs,
    signal,
    onResult(result) {
      results.push(result)
      progress.onResult(result)
    },
  })
  const { promise: gaveUp, resolve: giveUp } = Promise.withResolvers<undefined>()
  const giveUpSoon = () => void setTimeout(giveUp, ENDING_MS, undefined).unref()
  signal.addEventListener('abort', giveUpSoon)
  try {
    const report = await Promise.race([running, gaveUp])
    if (report) return report
    const rest = rules.slice(results.length).map((rule) => ({ ...describeRule(rule), ...interrupted, ms: 0 }))
    const { name, module } = subject
    const all = [...results, ...rest]
    return reportOf({ subject: name, module, seed, results: all, ms: performance.now() - started })
  } finally {
    progress.stop()
  }
}

function requirementWords(required: Tier, { tiers }: Report): string {
  const missing = missingFor(required, tiers).map(tierName)
  return `Required: ${required}. ${missing.length === 0 ? 'Reached.' : `Not reached, for want of ${missing.join(', ')}.`}`
}

/** Tells whether all could be written; one that cannot be does not keep the others from it. */
async function writeReports(reports: readonly ReportFile[], report: Report): Promise<boolean> {
  const outcomes = await Promise.allSettled(reports.map((wanted) => writeReport(wanted, report)))
  for (const [n, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') continue
    const { kind, file } = reports[n] ?? {}
    console.error(
      `leeway-conformance: the ${kind} report cannot be written to ${file}: ${describeError(outcome.reason)}`,
    )
  }
  return outcomes.every(({ status }) => status === 'fulfilled')
}
