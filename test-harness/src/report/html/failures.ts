import { type Cause, causesOf } from '../causes.ts'
import { type Markup, markup } from '../markup.ts'
import { replayCommand } from '../replay-command.ts'
import type { Report, RuleResult } from '../report.ts'
import { isFailure } from '../words.ts'
import { prose } from './prose.ts'
import { statusPill } from './status.ts'
import { drawSvg } from './svg-drawing.ts'

/** Every failure in full; those that one error of the store explains follow the first of them as links. */
export function failuresSection(report: Report): Markup | undefined {
  const causes = causesOf(report.results.filter(isFailure))
  if (causes.length === 0) return undefined
  return markup`<section id="failures"><h2>What went wrong</h2>${causes.map((cause) => failureCard(cause, report))}</section>`
}

function failureCard({ first, others }: Cause, report: Report): Markup {
  const { id, level, tier, title } = first
  const same = others.map((other) => markup` <a href="#${other.id}">${other.id}</a>`)
  return markup`<article class="failure bad" id="failure-${id}"><h3>${statusPill(first)} <a href="#${id}">${id}</a> ${prose(title)}</h3>
<p class="aside">${level} · ${tier}</p>${failureBody(first, report)}${others.length > 0 ? markup`<p class="same">The same in ${others.length} more:${same}</p>` : undefined}</article>`
}

/** What happened, why it matters, and how to see it again. */
export function failureBody(result: RuleResult, report: Report): Markup {
  const { why, failure, drawing } = result
  const { message = '', expected, actual, trace = [], at = [] } = failure ?? {}
  return markup`<p class="message">${prose(message)}</p>
<dl>${entry('Expected', expected)}${entry('Actual', actual)}</dl>
${drawing && drawSvg(drawing)}<p class="why">${prose(why)}</p>
${listed('Last calls', trace)}${listed('Look at', at)}
<h4>Replay</h4><pre><code>${replayCommand(report, result)}</code></pre>`
}

function entry(name: string, value: string | undefined): Markup | undefined {
  return value === undefined ? undefined : markup`<dt>${name}</dt><dd><code>${value}</code></dd>`
}

function listed(name: string, lines: readonly string[]): Markup | undefined {
  return lines.length === 0 ? undefined : markup`<h4>${name}</h4><pre><code>${lines.join('\n')}</code></pre>`
}
