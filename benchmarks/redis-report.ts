import { contenders, peers, sameCommand } from './redis-contenders.ts'
import type { Operation, Turns } from './redis-turns.ts'
import { median, spread } from './summary.ts'

type Results = ReadonlyMap<Operation, Turns>

/** The least median ratio of the store. `best peer` is the one that was fastest in the median. */
const targets = [
  { name: /^leeway$/, operation: 'load', to: 'best peer', callers: 64, ratio: 1 },
  { name: /^leeway(, owned)?$/, operation: 'touch', to: 'best peer', callers: 64, ratio: 1 },
  { name: /^leeway$/, operation: 'update', to: 'best peer', callers: 64, ratio: 0.9 },
  { name: /^leeway$/, operation: undefined, to: sameCommand, callers: 1, ratio: 0.9 },
]

export function speedTable(results: Results, names: readonly string[]): string {
  return table(
    ['', ...results.keys()],
    names.map((name) => [name, ...[...results.values()].map((turns) => spreadOf(speeds(turns, name)))]),
  )
}

/** Of the store to everybody else, or of another way to use it to those that matter most. */
export function ratioTable(results: Results, name: string): string {
  const others = Object.keys(contenders).filter((other) => !other.startsWith('leeway'))
  return table(
    [`\`${name}\` against`, ...results.keys()],
    ['best peer', ...(name === 'leeway' ? others : [sameCommand])].map((other) => [
      other,
      ...[...results.values()].map((turns) => {
        const named = other === 'best peer' ? ` ${bestPeer(turns)}` : ''
        return spreadOf(ratios(turns, name, other)) + named
      }),
    ]),
  )
}

export function judged(turns: Turns, at: { size: string; operation: Operation; callers: number }): string[] {
  const { size, operation, callers } = at
  return targets
    .filter((target) => target.callers === callers && (target.operation ?? operation) === operation)
    .flatMap(({ name, to, ratio }) =>
      [...turns.keys()]
        .filter((which) => name.test(which))
        .map((which) => {
          const values = ratios(turns, which, to)
          const other = to === 'best peer' ? `the best peer, ${bestPeer(turns)}` : to
          const verdict = median(values) >= ratio ? 'met   ' : 'missed'
          const who = `${operation}, ${size}, ${callers === 1 ? '1 caller' : `${callers} callers`}, ${which}`
          return `- ${verdict} ${who}: ${spread(values)} of ${other}; at least ${ratio}`
        }),
    )
}

/** What can do it counts, so for a touch only who has one. */
function bestPeer(turns: Turns): string {
  const able = peers.filter((name) => turns.has(name))
  return able.reduce((best, name) => (median(turns.get(name) ?? []) < median(turns.get(best) ?? []) ? name : best))
}

function ratios(turns: Turns, name: string, to: string): number[] {
  const own = turns.get(name) ?? []
  const other = turns.get(to === 'best peer' ? bestPeer(turns) : to) ?? []
  return other.map((us, round) => us / (own[round] ?? Number.NaN))
}

function speeds(turns: Turns, name: string): number[] {
  return (turns.get(name) ?? []).map((us) => 1e6 / us)
}

function spreadOf(values: readonly number[]): string {
  return values.length === 0 ? '' : spread(values)
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}
