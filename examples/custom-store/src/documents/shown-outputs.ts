import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatGuarantees, runConformance } from '@leeway/conformance'

const example = fileURLToPath(new URL('../..', import.meta.url))
const cli = fileURLToPath(new URL('../../../../test-harness/src/cli.ts', import.meta.url))

/** The documents that show this example's code, commands and their output. */
export const documents = ['../../docs/writing-a-store.md', 'README.md'] as const

const COMMAND = /^\$ npx @leeway\/conformance (.+)$/
/** Longer lines are cut, so that a page can be read. */
const WIDTH = 180

/**
 * ` ```console <directory> lines=<ranges> ` shows a command, ` ```ts <file> ` a part of a file, and what stands after
 * `<!-- guarantees <subject> -->` is what the report says of them.
 */
export interface Block {
  readonly document: string
  readonly kind: 'console' | 'ts' | 'guarantees'
  /** Of the sources: a directory in which the command is run, or a file. */
  readonly place: string
  /**
   * For a command: the lines of its output that are shown. `1-9` are the first nine, `-3` the last three, and `/in.time/+2`
   * the first with this text and two more.
   */
  readonly lines: string | undefined
  readonly text: string
}

export async function readDocument(document: string): Promise<string> {
  return readFile(join(example, document), 'utf8')
}

export function pathOf(document: string): string {
  return join(example, document)
}

export function blocksOf(document: string, text: string): Block[] {
  const fenced = [...text.matchAll(/^```(console|ts) (\S+)(?: lines=(\S+))?\n([\s\S]*?)^```$/gm)]
  const listed = [...text.matchAll(/^<!-- (guarantees) (\S+)() -->\n\n((?:- .*\n)*)/gm)]
  return [...fenced, ...listed].map(([, kind, place = '', lines, content = '']) => ({
    document,
    kind: kind === 'ts' || kind === 'guarantees' ? kind : 'console',
    place,
    lines,
    text: content,
  }))
}

/** The block as it has to be: its command and what that prints now, or what the report says now. */
export async function rendered({ kind, place, lines, text }: Block): Promise<string> {
  if (kind === 'guarantees') return guaranteesOn(place)
  const [first = ''] = text.split('\n')
  const [, args] = COMMAND.exec(first) ?? []
  if (args === undefined) throw new Error(`no command of the kit: ${first}`)
  const output = (await run(join(example, 'src', place), args.split(' '))).trimEnd().split('\n')
  return `${[first, ...chosen(output.map(cut), lines)].join('\n')}\n`
}

async function guaranteesOn(file: string): Promise<string> {
  const { default: subject } = await import(join(example, 'src', file))
  const { guarantees } = await runConformance(subject, { seed: 1 })
  return `${formatGuarantees(guarantees)}\n`
}

/** What differs between two runs and two machines, made the same. */
export function comparable(text: string): string {
  return text
    .replace(/\d+\.\d s$/gm, '0.0 s')
    .replace(/seed \d+/g, 'seed 0')
    .replace(/^[\d,]+ \w+.* · .*$/gm, (line) => line.replaceAll(/[\d,]+/g, '0'))
}

/** Runs the kit in a copy of the directory, so that the reports it writes are left nowhere. */
async function run(directory: string, args: readonly string[]): Promise<string> {
  const copy = await mkdtemp(join(example, '.shown-'))
  try {
    await cp(directory, copy, { recursive: true, filter: (path) => !/stages$|documents$|\.test\.ts$/.test(path) })
    const { promise, resolve } = Promise.withResolvers<string>()
    const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env
    execFile(process.execPath, ['--conditions=@leeway/source', cli, ...args], { cwd: copy, env }, (_error, stdout) =>
      resolve(stdout),
    )
    return asInstalled(await promise)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

/** A reader's packages are in `node_modules`, from where the kit names no line unless there is no other. */
function asInstalled(output: string): string {
  return output
    .replaceAll(/ ← [^\s(]+ \(\S*\/packages\/core\/src\/[^)]*\)/g, '')
    .replaceAll(/[^\s(]+ \(\S*\/packages\/core\/src\/[^)]*\) ← /g, '')
    .replaceAll(/\/\S*\/node_modules\/\.pnpm\/[^/]+\/node_modules\//g, 'node_modules/')
}

function chosen(lines: readonly string[], ranges: string | undefined): string[] {
  if (ranges === undefined) return [...lines]
  const shown = new Set(ranges.split(',').flatMap((range) => numbersOf(range, lines)))
  return lines.flatMap((line, n) => {
    if (shown.has(n)) return [line]
    return n === 0 || shown.has(n - 1) ? ['...'] : []
  })
}

/** Counted from 0, as they are not in the document. */
function numbersOf(range: string, lines: readonly string[]): number[] {
  const [, text, more, first, last] = /^(?:\/(.+)\/\+(\d+)|(\d*)-(\d+))$/.exec(range) ?? []
  if (text !== undefined) {
    const at = lines.findIndex((line) => new RegExp(text).test(line))
    if (at < 0) throw new Error(`no line has ${text}`)
    return numbers(at, at + Number(more))
  }
  return first === ''
    ? numbers(lines.length - Number(last), lines.length - 1)
    : numbers(Number(first) - 1, Number(last) - 1)
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, n) => from + n)
}

/** Not what was counted: where its numbers have more digits it would end elsewhere. */
function cut(line: string): string {
  return line.length > WIDTH && !/ · seed \d+$/.test(line) ? `${line.slice(0, WIDTH)} ...` : line
}

/** Whether the file has what is shown of it: its lines in their order, `// ...` for some that are left out. */
export async function isPartOf({ place, text }: Block): Promise<boolean> {
  const file = (await readFile(join(example, 'src', place), 'utf8')).split('\n')
  let rest = file
  for (const part of text.trimEnd().split(/^ *\/\/ \.\.\.\n/m)) {
    const wanted = outdented(part.trimEnd().split('\n'))
    const at = rest.findIndex((_, n) => outdented(rest.slice(n, n + wanted.length)).join('\n') === wanted.join('\n'))
    if (at < 0) return false
    rest = rest.slice(at + wanted.length)
  }
  return true
}

function outdented(lines: readonly string[]): string[] {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)?.[0].length ?? 0)
  const least = Math.min(...indents)
  return lines.map((line) => line.slice(least))
}
