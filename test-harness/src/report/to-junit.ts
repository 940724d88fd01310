import { formatFailure } from './format-report.ts'
import { escapeMarkup } from './markup.ts'
import { replayCommand } from './replay-command.ts'
import type { Report, RuleResult } from './report.ts'
import { statusWords } from './words.ts'

/**
 * The report as JUnit XML, which CI systems show: a suite for each concept, a test case for each rule. What was waived,
 * not run or does not apply is skipped, with its reason.
 */
export function toJUnit(report: Report): string {
  const { subject, results, ms } = report
  const suites = Map.groupBy(results, ({ id }) => id.split('-')[0] ?? id)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: subject, ...sumsOf(results), time: seconds(ms) })}>`,
    ...[...suites].flatMap(([concept, group]) => suite(concept, group, report)),
    '</testsuites>',
    '',
  ].join('\n')
}

function suite(concept: string, group: readonly RuleResult[], report: Report): string[] {
  const time = seconds(group.reduce((sum, { ms }) => sum + ms, 0))
  const timestamp = report.startedAt.slice(0, 19)
  return [
    `  <testsuite${attributes({ name: concept, ...sumsOf(group), time, timestamp })}>`,
    ...group.flatMap((result) => testCase(result, report)),
    '  </testsuite>',
  ]
}

function testCase(result: RuleResult, report: Report): string[] {
  const { id, title, ms } = result
  const start = `    <testcase${attributes({ classname: report.subject, name: `${id} ${title}`, time: seconds(ms) })}`
  const outcome = outcomeOf(result, report)
  return outcome === undefined ? [`${start}/>`] : [`${start}>`, `      ${outcome}`, '    </testcase>']
}

function outcomeOf(result: RuleResult, report: Report): string | undefined {
  const { status, level, reason = '', failure } = result
  if (status === 'pass') return undefined
  if (status !== 'fail' && status !== 'error')
    return `<skipped${attributes({ message: `${statusWords[status]}: ${reason}` })}/>`
  const name = status === 'fail' ? 'failure' : 'error'
  const told = formatFailure(result, {}, replayCommand(report, result))
  return `<${name}${attributes({ type: level, message: failure?.message ?? '' })}>${escapeMarkup(told)}</${name}>`
}

function sumsOf(results: readonly RuleResult[]): Record<string, number> {
  const count = (...wanted: string[]) => results.filter(({ status }) => wanted.includes(status)).length
  return {
    tests: results.length,
    failures: count('fail'),
    errors: count('error'),
    skipped: count('not-applicable', 'not-run', 'waived'),
  }
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeMarkup(String(value)).replaceAll('\n', '&#10;')}"`)
    .join('')
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}
