import type { GuaranteeVerdict } from './guarantees.ts'

/**
 * The guarantees as a list in Markdown, which is also readable in a terminal: the lost ones with what their loss means,
 * then those that were not shown with the reason, then those that are kept.
 */
export function formatGuarantees(verdicts: readonly GuaranteeVerdict[]): string {
  const lines = verdicts.map(({ status, name, text }) => ({ status, line: `- ${words[status]} **${name}**: ${text}` }))
  return (['lost', 'not-shown', 'kept'] as const)
    .flatMap((wanted) => lines.filter(({ status }) => status === wanted))
    .map(({ line }) => line)
    .join('\n')
}

const words = { lost: 'Lost:', 'not-shown': 'Not shown:', kept: 'Kept:' } as const

/** The paragraph of a terminal's report about a store that has lost guarantees; empty for one that has lost none. */
export function formatLosses(verdicts: readonly GuaranteeVerdict[]): string {
  const lost = verdicts.filter(({ status }) => status === 'lost')
  if (lost.length === 0) return ''
  const namesOf = (status: GuaranteeVerdict['status']): string =>
    verdicts
      .filter((verdict) => verdict.status === status)
      .map(({ name }) => name)
      .join(', ')
  const [kept, notShown] = [namesOf('kept'), namesOf('not-shown')]
  return [
    'What users lose on this store:',
    ...lost.map(({ name, text }) => `  ${name}: ${text}`),
    // Where only some rules were run, nothing is kept and the rest is no news.
    ...(kept === '' ? [] : [`  Kept: ${kept}.${notShown === '' ? '' : ` Not shown: ${notShown}.`}`]),
  ].join('\n')
}
