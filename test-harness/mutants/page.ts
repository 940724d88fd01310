import { fileURLToPath } from 'node:url'
import { rules } from '../src/index.ts'
import type { Kill } from './kill.ts'
import { knownFaults } from './known-faults.ts'

export const MUTANTS_PAGE = fileURLToPath(new URL('../../docs/mutants.md', import.meta.url))

/** Records and the like make no table that can be read. */
const LONGEST_VALUE = 24
/** Where a clause of a message ends. */
const CLAUSE = /[,:()\n]/g

/** The page that shows what each mutant died of, by concept, in the order of SPEC.md. */
export function pageOf(kills: readonly Kill[]): string {
  const killed = kills.filter(({ failure }) => failure !== undefined)
  const covered = rules.filter(({ id }) => killed.some(({ mutant }) => mutant.rule === id))
  const concepts = Map.groupBy(rules, ({ id }) => id.split('-', 1)[0] ?? '')
  return [
    '# What the kit was seen to catch',
    '',
    'Written by `node --conditions=@leeway/source test-harness/mutants/table.ts` (with `node_modules/.bin` first on the',
    '`PATH`), which runs every mutant; a test fails while it is not what they say. A mutant is a store with one fault',
    '(`test-harness/mutants`). It names the rule that has to catch it, and part of what that rule then says.',
    '',
    `${killed.length} of ${kills.length} mutants are caught. ${covered.length} of ${rules.length} rules have been seen to fail.`,
    '',
    '## The faults that stores are most often found to have',
    '',
    ...table(
      ['fault', 'mutant', 'rule'],
      knownFaults().flatMap(({ fault, mutants }) =>
        mutants.map(({ name, rule }, n) => [n === 0 ? fault : '', name, rule]),
      ),
    ),
    ...[...concepts].flatMap(([concept, own]) => sectionOf(concept, own, kills)),
  ].join('\n')
}

function sectionOf(concept: string, own: typeof rules, kills: readonly Kill[]): string[] {
  const killsOf = (id: string) => kills.filter(({ mutant }) => mutant.rule === id)
  const count = own.reduce((sum, { id }) => sum + killsOf(id).length, 0)
  return [
    `## ${concept}`,
    '',
    `${counted(own.length, 'rule')}, ${counted(count, 'mutant')}.`,
    '',
    ...table(
      ['rule', 'what it promises', 'mutant', 'what the kit says of it'],
      own.flatMap(({ id, title }) =>
        killsOf(id).map((one, n) => [n === 0 ? id : '', n === 0 ? title : '', one.mutant.name, shorten(one)]),
      ),
    ),
  ]
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line), '']
}

/**
 * The message to the end of the clause that the mutant names. A rule of many cases may find the fault in another one the
 * next time, so of its message no more than that clause is told, and no values.
 */
function shorten({ mutant, failure }: Kill): string {
  if (failure === undefined) return 'nothing: it survives'
  const { message, expected = '', actual = '', replay } = failure
  const named = message.indexOf(mutant.message)
  const end = named + mutant.message.length
  const rest = message.slice(end).search(CLAUSE)
  const shown = rest < 0 ? message : message.slice(0, end + rest)
  if (replay !== undefined) return shown.slice(startOfClause(message, named) + 1).trim()
  const isBrief = [expected, actual].every((value) => value !== '' && value.length <= LONGEST_VALUE)
  return `${shown.replaceAll('\n', ' ').trim()}${isBrief ? `: ${actual}, not ${expected}` : ''}`
}

function startOfClause(message: string, at: number): number {
  return [...message.slice(0, at).matchAll(CLAUSE)].at(-1)?.index ?? -1
}
