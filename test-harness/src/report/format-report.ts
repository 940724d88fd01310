import type { Report, RuleResult, Status, TierVerdict } from './report.ts'

/** The report as text: failures first, the verdict in the last line. */
export function formatReport(report: Report): string {
  const { subject, results, tiers, ms } = report
  const failures = results.filter(({ status }) => status === 'fail' || status === 'error')
  return [
    ...failures.map(formatFailure),
    ...formatSkipped(results),
    `${subject}: ${tally(results)} in ${(ms / 1000).toFixed(1)} s`,
    tiers.map(formatTier).join(' · '),
  ].join('\n')
}

/** One failed rule: what was promised, what happened, why it matters, and the calls that led there. */
export function formatFailure({ id, level, title, why, status, failure }: RuleResult): string {
  const { message, expected, actual, trace } = failure ?? { message: '', trace: [] }
  return [
    `${status.toUpperCase()} ${id} (${level}) ${title}`,
    `  ${message}`,
    ...(expected === undefined ? [] : [`  expected: ${expected}`]),
    ...(actual === undefined ? [] : [`  actual:   ${actual}`]),
    `  why: ${why}`,
    ...(trace && trace.length > 0 ? ['  last calls:', ...trace.map((line) => `    ${line}`)] : []),
    '',
  ].join('\n')
}

function formatSkipped(results: readonly RuleResult[]): string[] {
  const skipped = results.filter(({ reason }) => reason !== undefined)
  const groups = Map.groupBy(skipped, ({ status, reason }) => `${words[status]} (${reason})`)
  return [...groups].map(([heading, group]) => `${heading}: ${group.map(({ id }) => id).join(', ')}`)
}

const words: Record<Status, string> = {
  pass: 'passed',
  fail: 'failed',
  error: 'errors',
  'not-applicable': 'not applicable',
  'not-run': 'not run',
  waived: 'waived',
}

function tally(results: readonly RuleResult[]): string {
  const counts = Map.groupBy(results, ({ status }) => status)
  const order: Status[] = ['pass', 'fail', 'error', 'waived', 'not-applicable', 'not-run']
  return order
    .filter((status) => counts.has(status) || status === 'pass')
    .map((status) => `${counts.get(status)?.length ?? 0} ${words[status]}`)
    .join(', ')
}

function formatTier({ tier, passed, applicable, waived, notRun }: TierVerdict): string {
  const name = `${tier[0]?.toUpperCase()}${tier.slice(1)}`
  if (applicable === 0) return `${name} not applicable`
  const remarks = [waived > 0 && `${waived} waived`, notRun > 0 && `${notRun} not run`].filter(Boolean)
  return `${name} ${passed}/${applicable}${remarks.length > 0 ? ` (${remarks.join(', ')})` : ''}`
}
