import { type Markup, markup } from '../markup.ts'
import type { Report, RuleResult } from '../report.ts'
import { countWords, isFailure } from '../words.ts'
import { failureBody } from './failures.ts'
import { prose } from './prose.ts'
import { statusPill, toneOf } from './status.ts'
import { drawSvg } from './svg-drawing.ts'

/** Every rule, by concept. The buttons need no script; the search box is shown only where there is one. */
export function rulesSection(report: Report): Markup {
  const concepts = Map.groupBy(report.results, ({ id }) => id.split('-')[0] ?? id)
  return markup`<section id="rules"><h2>All rules</h2>
<div class="filter" role="group" aria-label="Which rules are shown">
<label><input type="radio" name="show" id="show-all" checked> all</label>
<label><input type="radio" name="show" id="show-bad"> failed</label>
<label><input type="radio" name="show" id="show-open"> not checked</label>
<label id="search" hidden>Search <input type="search" autocomplete="off"></label> <span id="found" role="status"></span>
</div>
${[...concepts].map(
  ([concept, group]) =>
    markup`<section class="concept"><h3>${concept} <span class="aside">${group.filter(({ status }) => status === 'pass').length}/${group.length}</span></h3>${group.map((result) => ruleItem(result, report))}</section>`,
)}</section>`
}

function ruleItem(result: RuleResult, report: Report): Markup {
  const { id, level, tier, title, why, status, reason, ms, counts = {}, drawing } = result
  const facts = [level, tier, ...countWords({ counts }), ...(status === 'pass' ? [`${ms.toFixed(1)} ms`] : [])]
  const told = isFailure(result)
    ? failureBody(result, report)
    : markup`<p>${prose(why)}</p>${reason === undefined ? undefined : markup`<p>${prose(reason)}</p>`}${drawing && drawSvg(drawing)}`
  return markup`<details class="rule ${toneOf(result)}" id="${id}"><summary>${statusPill(result)} <code>${id}</code> <span>${prose(title)}</span></summary><p class="aside">${facts.join(' · ')}</p>${told}</details>
`
}
