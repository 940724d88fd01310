import { createColors } from 'picocolors'
import { type Cause, causesOf } from './causes.ts'
import { formatLosses } from './guarantees-format.ts'
import { printableData } from './printable.ts'
import { replayCommand } from './replay-command.ts'
import type { Report, RuleResult } from './report.ts'
import { drawText } from './text-drawing.ts'
import { countWords, isFailure, secondsWords, statusWords, tally, tierWords, verdictWords } from './words.ts'

export interface FormatOptions {
  /** Colours the report for a terminal. Default false. */
  readonly colors?: boolean
}

/** Failures told in full; the others have a line each. */
const IN_FULL = 5
/** Ids listed of rules that were skipped for one reason. */
const LISTED_IDS = 8

/** The report as text: failures first, the verdict in the last lines. */
export function formatReport(given: Report, { colors = false }: FormatOptions = {}): string {
  const report = printableData(given)
  const { results, tiers, guarantees } = report
  const paint = createColors(colors)
  const all = causesOf(results.filter(isFailure))
  const unwritten = all.filter((cause) => cause.unwritten !== undefined)
  const causes = all.filter((cause) => cause.unwritten === undefined)
  const losses = unwritten.length === 0 ? formatLosses(guarantees) : ''
  return [
    ...formatUnwritten(unwritten, report, colors),
    ...causes.slice(0, IN_FULL).map((cause) => formatCause(cause, report, colors)),
    ...formatBriefly(causes.slice(IN_FULL), colors),
    ...(losses === '' ? [] : [`${losses}\n`]),
    ...formatSkipped(results),
    `${report.subject}: ${paintVerdict(report, colors)} · ${tally(results)} · ${secondsWords(report)}`,
    paint.dim([...countWords(report), `seed ${report.seed}`].join(' · ')),
    tiers.map((verdict) => tierWords(verdict, results)).join(' · '),
  ].join('\n')
}

/** One failed rule: what was promised, what happened, why it matters, and the calls that led there. */
export function formatFailure(result: RuleResult, { colors = false }: FormatOptions = {}, replay?: string): string {
  const { id, level, title, why, status, failure, drawing } = printableData(result)
  const { message, expected, actual, at = [], trace } = failure ?? { message: '', trace: [] }
  const paint = createColors(colors)
  const command = replay ?? failure?.replay
  return [
    `${paint.red(paint.bold(`${status.toUpperCase()} ${id}`))} (${level}) ${paint.bold(title)}`,
    ...indented(message),
    ...(expected === undefined ? [] : [`  expected: ${expected}`]),
    ...(actual === undefined ? [] : [`  actual:   ${actual}`]),
    `  why: ${why}`,
    ...(drawing ? ['  in time:', ...drawText(drawing).map((line) => `    ${line}`)] : []),
    ...(trace.length > 0 ? ['  last calls:', ...trace.map((line) => `    ${line}`)] : []),
    ...(at.length > 0 ? ['  look at:', ...at.map((line) => `    ${line}`)] : []),
    ...(command === undefined ? [] : [`  replay: ${paint.cyan(command)}`]),
    '',
  ].join('\n')
}

/** One paragraph for a store that is still being written, instead of a failure for every rule that it stops. */
function formatUnwritten(causes: readonly Cause[], report: Report, colors: boolean): string[] {
  const [next] = causes
  if (next === undefined) return []
  const paint = createColors(colors)
  const stopped = causes.reduce((sum, { others }) => sum + 1 + others.length, 0)
  const { id, title } = next.first
  return [
    paint.bold(`NOT WRITTEN YET: ${causes.map(({ unwritten }) => unwritten).join(', ')}`),
    `  ${stopped} ${stopped === 1 ? 'rule stops' : 'rules stop'} there. Write ${next.unwritten} next. The first rule that needs it:`,
    `  ${id} ${title}`,
    `  ${paint.cyan(replayCommand(report, next.first))}`,
    '',
  ]
}

function formatCause({ first, others }: Cause, report: Report, colors: boolean): string {
  const told = formatFailure(first, { colors }, replayCommand(report, first))
  if (others.length === 0) return told
  return `${told}  ${others.length === 1 ? 'The same in' : `The same in ${others.length} more rules:`} ${idsOf(others)}\n`
}

function formatBriefly(causes: readonly Cause[], colors: boolean): string[] {
  if (causes.length === 0) return []
  const paint = createColors(colors)
  const lines = causes.map(({ first, others }) => {
    const { id, status, failure } = first
    const more = others.length > 0 ? ` (and ${others.length} more)` : ''
    return `${paint.red(`${status.toUpperCase()} ${id}`)} ${failure?.message.split('\n')[0] ?? ''}${more}`
  })
  return [...lines, '']
}

function formatSkipped(results: readonly RuleResult[]): string[] {
  const skipped = results.filter(({ reason }) => reason !== undefined && reason !== 'not selected')
  const groups = Map.groupBy(skipped, ({ status, reason }) => `${statusWords[status]} (${reason})`)
  return [...groups].map(([heading, group]) => `${heading}: ${idsOf(group)}`)
}

function idsOf(results: readonly RuleResult[]): string {
  const more = results.length > LISTED_IDS ? ` and ${results.length - LISTED_IDS} more` : ''
  const listed = results.slice(0, LISTED_IDS).map(({ id }) => id)
  return `${listed.join(', ')}${more}`
}

/** The contract, and what the store has to do with it. */
function paintVerdict(report: Report, colors: boolean): string {
  const paint = createColors(colors)
  const words = verdictWords(report)
  const color = report.ok ? (report.level === undefined ? paint.yellow : paint.green) : paint.red
  return `leeway ${report.contract} | ${color(paint.bold(words))}`
}

function indented(message: string): string[] {
  return message.split('\n').map((line) => `  ${line}`)
}
