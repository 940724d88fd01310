import type { GuaranteeVerdict } from '../guarantees.ts'
import { Markup, markup } from '../markup.ts'
import type { Report, TierVerdict } from '../report.ts'
import { countWords, isBroken, secondsWords, tally, tierName, tierRemarks, verdictWords } from '../words.ts'
import { prose } from './prose.ts'

/** The verdict, and the tiers that it rests on. */
export function verdictSection(report: Report): Markup {
  const { subject, contract, results, tiers, seed, startedAt, file } = report
  const facts = [tally(results), ...countWords(report), secondsWords(report), `seed ${seed}`]
  return markup`<header class="${toneOf(report)}">
<p class="badge"><b>leeway ${contract}</b> ${verdictWords(report)}</p>
<h1>${headline(report)}</h1>
<p>${facts.join(' · ')}</p>
<p class="aside">${file ?? subject}, <time datetime="${startedAt}">${startedAt.slice(0, 16).replace('T', ' ')} UTC</time></p>
</header>
<section aria-label="Tiers"><ul class="tiers">${tiers.map((verdict) => tierItem(verdict, report))}</ul></section>`
}

function headline(report: Report): string {
  const { subject, contract, results, ok, level } = report
  const broken = results.filter(isBroken).length
  if (broken > 0) return `${subject} breaks ${broken} ${broken === 1 ? 'rule' : 'rules'} of leeway ${contract}`
  if (!ok) return `No verdict on ${subject}`
  if (level === undefined) return `${subject} breaks no promise that was checked, and has reached no level`
  return `${subject} keeps leeway ${contract}, up to ${tierName(level)}`
}

function toneOf({ ok, level, results }: Report): string {
  if (results.some(isBroken)) return 'verdict bad'
  return ok && level !== undefined ? 'verdict good' : 'verdict open'
}

function tierItem(verdict: TierVerdict, { results }: Report): Markup {
  const { tier, passed, applicable, isKept } = verdict
  const failed = results.filter((result) => result.tier === tier && result.status === 'fail').length
  const tone = isKept ? 'good' : failed > 0 ? 'bad' : 'open'
  const remarks = [failed > 0 ? `${failed} failed` : '', tierRemarks(verdict, results)].filter(Boolean).join(', ')
  if (applicable === 0) return markup`<li class="tier open"><h2>${tierName(tier)}</h2><p>not applicable</p></li>`
  return markup`<li class="tier ${tone}"><h2>${tierName(tier)}</h2><p class="score">${passed}/${applicable}</p><progress max="${applicable}" value="${passed}">${passed}/${applicable}</progress><p>${remarks || 'all passed'}</p></li>`
}

/** What the run has shown of each promise to users, the lost ones first. */
export function guaranteesSection(verdicts: readonly GuaranteeVerdict[]): Markup {
  const order = ['lost', 'not-shown', 'kept'] as const
  const tones = { lost: 'bad', 'not-shown': 'open', kept: 'good' }
  const words = { lost: 'broken', 'not-shown': 'not shown', kept: 'kept' }
  const sorted = order.flatMap((wanted) => verdicts.filter(({ status }) => status === wanted))
  return markup`<section id="guarantees"><h2>What users get</h2><ul class="guarantees">${sorted.map(
    ({ name, status, text }) =>
      markup`<li class="${tones[status]}"><details${new Markup(status === 'kept' ? '' : ' open')}><summary><span class="pill">${words[status]}</span> <b>${name}</b></summary><p>${prose(text)}</p></details></li>`,
  )}</ul></section>`
}
