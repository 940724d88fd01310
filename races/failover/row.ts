import type { Recorder } from './recorder.ts'
import type { Verdict } from './verdict.ts'

/** One line of the table. */
export interface Row extends Verdict {
  readonly mode: string
  readonly longestMs: number
  /** How long this process stood still at worst. */
  readonly stoodStillMs: number
  /** From the failure until the last load that failed; 0 if none did. */
  readonly loadsFailedForMs: number
  readonly writesFailedForMs: number
  readonly codes: ReadonlyMap<string, number>
}

export function rowOf(mode: string, recorder: Recorder, verdict: Verdict, failedAt: number): Row {
  const { longestMs, stoodStillMs, lastFailedAt, codes } = recorder
  return {
    mode,
    ...verdict,
    longestMs,
    stoodStillMs,
    loadsFailedForMs: Math.max(0, lastFailedAt.load - failedAt),
    writesFailedForMs: Math.max(0, lastFailedAt.write - failedAt),
    codes,
  }
}

const COLUMNS: readonly (readonly [title: string, of: (row: Row) => string | number])[] = [
  ['mode', ({ mode }) => mode],
  ['writes sent', ({ sent }) => sent],
  ['acknowledged', ({ acknowledged }) => acknowledged],
  ['in effect afterwards', ({ kept }) => kept],
  ['lost', ({ lost }) => lost],
  ['logouts undone', ({ resurrected }) => resurrected],
  ['false "no session"', ({ falselyAbsent }) => falselyAbsent],
  ['"no session" for lost ones', ({ trulyAbsent }) => trulyAbsent],
  ['stale loads', ({ stale }) => stale],
  ["not in owner's list", ({ unlisted }) => unlisted],
  ['longest call, ms', ({ longestMs }) => Math.round(longestMs)],
  ['loads failed for, s', ({ loadsFailedForMs }) => seconds(loadsFailedForMs)],
  ['writes failed for, s', ({ writesFailedForMs }) => seconds(writesFailedForMs)],
  ['calls that failed', ({ codes }) => [...codes].map(([code, count]) => `${count} ${code}`).join(', ') || '0'],
]

/** In Markdown. */
export function table(rows: readonly Row[]): string {
  const lines = [
    COLUMNS.map(([title]) => title),
    COLUMNS.map(() => '---'),
    ...rows.map((row) => COLUMNS.map(([, of]) => String(of(row)))),
  ]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
