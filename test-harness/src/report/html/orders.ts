import { type Markup, markup } from '../markup.ts'
import type { Report, RuleResult } from '../report.ts'
import { isFailure } from '../words.ts'
import { prose } from './prose.ts'
import { statusPill, toneOf } from './status.ts'
import { drawSvg } from './svg-drawing.ts'

/** The ten orders in which a request and a cleanup can meet, each drawn as its rule has it. */
export function ordersSection({ results }: Report): Markup | undefined {
  const orders = results.filter(({ id }) => id.startsWith('ORDER-'))
  if (orders.every(({ drawing }) => drawing === undefined)) return undefined
  return markup`<section id="orders"><h2>The ten orders of 2005</h2>
<p>A request loads a session, works on it and saves it; a cleanup checks whether it is due, and deletes it. In these orders the two can meet, and in none of them may the request lose anything.</p>
<ul class="orders">${orders.map(order)}</ul></section>`
}

function order(result: RuleResult): Markup {
  const { id, why, drawing, failure, reason } = result
  const link = `#${isFailure(result) ? 'failure-' : ''}${id}`
  return markup`<li class="order ${toneOf(result)}"><h3>${statusPill(result)} <a href="${link}">${id}</a></h3>
${drawing && drawSvg(drawing)}<p>${prose(failure?.message ?? reason ?? why)}</p></li>`
}
