import { type Markup, markup } from '../markup.ts'
import type { RuleResult } from '../report.ts'
import { statusWords } from '../words.ts'

export function statusPill({ status }: RuleResult): Markup {
  return markup`<span class="pill">${statusWords[status]}</span>`
}

/** The class that colours an element. */
export function toneOf({ status }: RuleResult): 'good' | 'bad' | 'open' {
  if (status === 'pass') return 'good'
  return status === 'fail' || status === 'error' ? 'bad' : 'open'
}
