import { InvalidArgumentError } from 'commander'
import { TIERS, type Tier } from '../engine/rule.ts'
import { REPORT_KINDS, type ReportFile } from './report-files.ts'

/** Values of options from their text; what is none is refused, with what would be one. */

export function seedOf(text: string): number {
  const seed = Number(text)
  if (!/^\d+$/.test(text) || seed >= 2 ** 31) refuse(`A seed is a whole number from 0 to ${2 ** 31 - 1}.`)
  return seed
}

export function durationOf(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) === 0) refuse('A number above 0 is needed.')
  return Number(text)
}

export function tierOf(text: string): Tier {
  return TIERS.find((tier) => tier === text) ?? refuse(`The levels are ${TIERS.join(', ')}.`)
}

export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}

export function collectReport(text: string, before: readonly ReportFile[] = []): ReportFile[] {
  const [kind, file] = splitPair(text)
  if (!isKind(kind) || file === '') {
    refuse(`It takes <kind>=<file>, such as html=report.html; the kinds are ${Object.keys(REPORT_KINDS).join(', ')}.`)
  }
  return [...before, { kind, file }]
}

export function collectWaiver(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [id, reason] = splitPair(text)
  if (id === '' || reason.trim() === '')
    refuse("It takes <id>=<reason>, such as LIST-015='shards may repeat a record'.")
  return { ...before, [id]: reason }
}

function splitPair(text: string): [before: string, after: string] {
  const at = text.indexOf('=')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function isKind(kind: string): kind is keyof typeof REPORT_KINDS {
  return Object.hasOwn(REPORT_KINDS, kind)
}

function refuse(message: string): never {
  throw new InvalidArgumentError(message)
}
