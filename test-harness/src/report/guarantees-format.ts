import type { GuaranteeVerdict } from './guarantees.ts'

const WIDTH = 110

/**
 * The guarantees of a report as a list in Markdown, for a README: the lost ones with what their loss means for users,
 * then those that were not shown with the reason, then those that are kept.
 *
 * @example
 * import { formatGuarantees, runConformance } from '@leeway/conformance'
 * import subject from './my-store.subject.ts'
 *
 * const { guarantees } = await runConformance(subject)
 * console.log(formatGuarantees(guarantees))
 */
export function formatGuarantees(verdicts: readonly GuaranteeVerdict[]): string {
  const lines = verdicts.map(({ status, name, text }) => ({ status, line: `- ${words[status]} **${name}**: ${text}` }))
  return (['lost', 'not-shown', 'kept'] as const)
    .flatMap((wanted) => lines.filter(({ status }) => status === wanted))
    .map(({ line }) => line)
    .join('\n')
}

const words = { lost: 'Broken:', 'not-shown': 'Not shown:', kept: 'Kept:' } as const

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
    ...lost.flatMap(({ name, text }) => wrapped(`${name}: ${text}`)),
    // Where only some rules were run, nothing is kept and the rest is no news.
    ...(kept === '' ? [] : wrapped(`Kept: ${kept}.${notShown === '' ? '' : ` Not shown: ${notShown}.`}`)),
  ].join('\n')
}

/** Indented, its continuation lines more. */
function wrapped(text: string): string[] {
  const lines: string[] = []
  let line = ' '
  for (const word of text.split(' ')) {
    if (line.length + word.length >= WIDTH) {
      lines.push(line)
      line = '   '
    }
    line += ` ${word}`
  }
  return [...lines, line]
}
