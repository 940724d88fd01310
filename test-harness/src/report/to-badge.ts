import { escapeMarkup } from './markup.ts'
import type { Report } from './report.ts'
import { verdictWords } from './words.ts'

const HEIGHT = 20
const PADDING = 7
/** The width of a character at 11 px, on average; `textLength` makes up for what a font differs. */
const CHARACTER = 6.4

/** The verdict as a badge for a README, in SVG: the version of the contract and the level, or `not conforming`. */
export function toBadge(report: Report): string {
  const [label, words] = [`leeway ${report.contract}`, verdictWords(report)]
  const [left, right] = [widthOf(label), widthOf(words)]
  const name = escapeMarkup(`${label}: ${words}`)
  const text = (x: number, width: number, content: string) =>
    `<text x="${x + PADDING}" y="14" textLength="${width - 2 * PADDING}">${escapeMarkup(content)}</text>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="${HEIGHT}" role="img" aria-label="${name}">`,
    `<title>${name}</title>`,
    `<clipPath id="r"><rect width="${left + right}" height="${HEIGHT}" rx="3"/></clipPath>`,
    `<g clip-path="url(#r)"><rect width="${left}" height="${HEIGHT}" fill="#3c4650"/>`,
    `<rect x="${left}" width="${right}" height="${HEIGHT}" fill="${colorOf(report)}"/></g>`,
    '<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">',
    `${text(0, left, label)}${text(left, right, words)}</g></svg>`,
    '',
  ].join('\n')
}

function widthOf(text: string): number {
  return Math.round(text.length * CHARACTER) + 2 * PADDING
}

function colorOf({ ok, level, results }: Report): string {
  if (!ok) return results.some(({ status }) => status === 'fail') ? '#b42318' : '#6a737d'
  return level === undefined ? '#8a6100' : '#1a7f4b'
}
