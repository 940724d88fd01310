import type { Tier } from '../engine/rule.ts'
import type { Report, RuleResult, Status, TierVerdict } from './report.ts'

/** The words that all forms of the report share. */
export const statusWords: Record<Status, string> = {
  pass: 'passed',
  fail: 'failed',
  error: 'error',
  'not-applicable': 'not applicable',
  'not-run': 'not run',
  waived: 'waived',
}

export function tierName(tier: Tier): string {
  return `${tier[0]?.toUpperCase()}${tier.slice(1)}`
}

/** The verdict in one or two words: the level that is kept, or what stands in its way. */
export function verdictWords({ results, ok, level }: Pick<Report, 'results' | 'ok' | 'level'>): string {
  if (results.some(isBroken)) return 'not conforming'
  if (!ok) return 'no verdict'
  return level ?? 'no level'
}

/** A promise that has to be kept was not. */
export function isBroken({ status, level }: RuleResult): boolean {
  return status === 'fail' && level === 'MUST'
}

export function isFailure({ status }: RuleResult): boolean {
  return status === 'fail' || status === 'error'
}

/** How many rules ended how, those that matter first. */
export function tally(results: readonly RuleResult[]): string {
  const counts = Map.groupBy(results, ({ status }) => status)
  const order: Status[] = ['pass', 'fail', 'error', 'waived', 'not-applicable', 'not-run']
  return order
    .filter((status) => counts.has(status) || status === 'pass')
    .map((status) => {
      const count = counts.get(status)?.length ?? 0
      return `${count} ${statusWords[status]}${status === 'error' && count > 1 ? 's' : ''}`
    })
    .join(', ')
}

/** What was counted, such as `1,204 schedules`. */
export function countWords({ counts }: Pick<Report, 'counts'>): string[] {
  const words = Object.entries(counts).map(([what, count]) => `${count.toLocaleString('en')} ${what}`)
  const isHeld = 'schedules' in counts || 'interleavings' in counts
  return isHeld && !('backend calls' in counts) ? [...words, 'each operation one step, as none calls `step`'] : words
}

export function secondsWords({ ms }: { readonly ms: number }): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** A tier in one line, such as `Core 60/61 (1 waived)`. */
export function tierWords(verdict: TierVerdict, results: readonly RuleResult[]): string {
  const { tier, passed, applicable } = verdict
  if (applicable === 0) return `${tierName(tier)} not applicable`
  const remarks = tierRemarks(verdict, results)
  return `${tierName(tier)} ${passed}/${applicable}${remarks === '' ? '' : ` (${remarks})`}`
}

/** What keeps a tier from being whole, beside failures. */
export function tierRemarks({ tier, applicable, waived, notRun }: TierVerdict, results: readonly RuleResult[]): string {
  const reasons = new Set(
    results
      .filter((result) => result.tier === tier && result.status === 'not-run')
      .map(({ reason = '' }) => reason.split(':')[0]),
  )
  reasons.delete('not selected')
  const why = reasons.size > 0 ? `: ${[...reasons].join('; ')}` : ''
  const left = notRun === applicable && why !== '' ? 'not run' : `${notRun} not run`
  return [waived > 0 ? `${waived} waived` : '', notRun > 0 ? `${left}${why}` : ''].filter(Boolean).join(', ')
}
