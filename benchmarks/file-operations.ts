// How much of raw file access is left in the file store's operations, and what do other stores on files take?
//
// node --conditions=@leeway/source benchmarks/file-operations.ts [rounds] [directory]
//
// The directory says which file system: the temporary directory, or /dev/shm for tmpfs. All take turns in one process, on
// sessions of their own. A turn is so many milliseconds of calls, by one caller or by 64 of which each has its own share
// of the sessions; a time is that of the turn over its calls. A turn of creates is followed by one that destroys what they
// made. A ratio is the other's time over leeway's in the same round: above 1, leeway is faster.
//
// Writes leave dirty pages and an open journal transaction, for which somebody else would pay in the next turn, most of
// all whoever calls fsync. So after each turn, off the clock, `sync -f` writes out what is left on the file system, by
// whomever: everybody begins with nothing to write. What a contender has put off this way is printed as the time of that
// sync, which is a few milliseconds where nothing was left.
//
// On ext4 it makes much of a difference whether what a write replaces is on the disk already. `update` replaces what the
// sync has written out, as it is with sessions that are updated every minute or so. `update again` replaces what was
// written just before, off the clock and after the sync, and is still in memory, as with sessions updated every few
// seconds: the kernel writes out what is older than 30 s.
import { join } from 'node:path'
import { type Contender, contenders, newId } from './file-contenders.ts'
import { each, flush, inScratch, order, timed, until } from './file-turns.ts'
import { median, spread } from './summary.ts'

const rounds = Number(process.argv[2] ?? 7)
const WARM_UP = 1
const TURN_MS = 150
const SESSIONS = 2_048
/** So many sessions are updated again and again. */
const HOT = 64
const payloads = { '300 B': 'x'.repeat(300), '8 KB': 'x'.repeat(8_000) }

/** What a contender's turn of one operation took, and then the flush. */
interface Turn {
  readonly us: number
  readonly flushMs: number
}
/** Of one operation, by contender. */
type Turns = Map<string, Turn[]>

interface Side {
  readonly name: string
  readonly contender: Contender
  readonly ids: string[]
}

const works = [['load'], ['update'], ['update again'], ['touch'], ['create', 'destroy']] as const
type Operation = (typeof works)[number][number]

/** The least median ratio, by operation, contender and number of callers. Those of updates are for ext4. */
const targets = [
  { operation: /^update/, to: 'session-file-store', callers: [1, 64], ratio: 5, on: 'ext4' },
  { operation: /^update/, to: 'raw', callers: [1], ratio: 2, on: 'ext4' },
  { operation: /^update/, to: 'raw', callers: [64], ratio: 3, on: 'ext4' },
  { operation: /^load/, to: 'raw', callers: [1, 64], ratio: 0.75, on: undefined },
]
const verdicts: string[] = []

await inScratch(process.argv[3], async (directory, fileSystem) => {
  for (const [size, payload] of Object.entries(payloads)) {
    const sides = Object.entries(contenders).map(([name, open]): Side => {
      const place = join(directory, `${name.replaceAll(/\W+/g, '-')}-${payload.length}`)
      return { name, contender: open(place, payload), ids: Array.from({ length: SESSIONS }, newId) }
    })
    for (const { contender, ids } of sides) await each(SESSIONS, (n) => contender.create(ids[n] ?? ''))
    flush(directory)
    for (const callers of [1, 64]) {
      for (const operations of works) {
        const results = await inTurns(directory, sides, operations, callers)
        for (const [operation, turns] of results) {
          console.log(`\n${size}, ${operation}, ${callers === 1 ? '1 caller' : `${callers} callers`}`)
          show(turns)
          judge(turns, { size, operation, callers, fileSystem })
        }
      }
    }
    for (const { contender } of sides) await contender.close()
  }
  console.log(`\nTargets (median ratio)\n${verdicts.join('\n')}`)
})

async function inTurns(directory: string, all: readonly Side[], operations: readonly Operation[], callers: number) {
  const sides = all.filter(({ contender }) => operations.every((operation) => methodOf(operation) in contender))
  flush(directory)
  const results = new Map<string, Turns>(operations.map((operation) => [operation, new Map()]))
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const which of order(sides.length, round + WARM_UP)) {
      const side = sides[which] as Side
      const made: string[][] = Array.from({ length: callers }, () => [])
      for (const operation of operations) {
        const us = await turn(side, operation, made)
        const flushedAt = performance.now()
        flush(directory)
        const flushMs = performance.now() - flushedAt
        if (round < 0) continue
        const turns = results.get(operation)
        turns?.set(side.name, [...(turns.get(side.name) ?? []), { us, flushMs }])
      }
    }
  }
  return results
}

/** @param made what each caller's creates have made, and its destroys remove */
async function turn({ contender, ids }: Side, operation: Operation, made: readonly string[][]): Promise<number> {
  const callers = made.length
  const isAgain = operation === 'update again'
  const share = Math.floor((isAgain ? HOT : SESSIONS) / callers)
  const own = (caller: number) => made[caller] ?? []
  const pick = (caller: number) => ids[caller * share + Math.floor(Math.random() * share)] ?? ''
  if (operation === 'create') {
    const create = async (caller: number) => {
      const id = newId()
      await contender.create(id)
      own(caller).push(id)
    }
    return (await timed(callers, until(TURN_MS), create)).us
  }
  if (operation === 'destroy') {
    const isLeft = (caller: number) => own(caller).length > 0
    return (await timed(callers, isLeft, (caller) => contender.destroy(own(caller).pop() ?? ''))).us
  }
  if (isAgain) await each(HOT, (n) => contender.update(ids[n] ?? ''))
  const call = contender[methodOf(operation)]?.bind(contender)
  if (!call) throw new Error(`no ${operation}`)
  return (await timed(callers, until(TURN_MS), (caller) => call(pick(caller)))).us
}

function methodOf(operation: Operation): Exclude<keyof Contender, 'close'> {
  return operation === 'update again' ? 'update' : operation
}

function ratios(turns: Turns, name: string): number[] {
  return (turns.get(name) ?? []).map(({ us }, round) => us / (turns.get('leeway')?.[round]?.us ?? Number.NaN))
}

function show(turns: Turns): void {
  for (const [name, values] of [...turns].toSorted(([a], [b]) => position(a) - position(b))) {
    const us = values.map((value) => value.us)
    const perSecond = (1e6 / median(us)).toFixed().padStart(6)
    const ratio = name === 'leeway' ? '' : `, ratio ${spread(ratios(turns, name))}`
    const flushMs = median(values.map((value) => value.flushMs)).toFixed()
    console.log(`  ${name.padEnd(18)} ${perSecond} ops/s, ${spread(us)} µs${ratio}; flush ${flushMs} ms`)
  }
}

function position(name: string): number {
  return Object.keys(contenders).indexOf(name)
}

function judge(
  turns: Turns,
  { size, operation, callers, fileSystem }: { size: string; operation: string; callers: number; fileSystem: string },
): void {
  for (const target of targets) {
    if (!target.operation.test(operation) || !target.callers.includes(callers)) continue
    if (target.on !== undefined && target.on !== fileSystem) continue
    const ratio = median(ratios(turns, target.to))
    const verdict = ratio >= target.ratio ? 'met' : 'missed'
    verdicts.push(
      `  ${verdict.padEnd(6)} ${operation}, ${size}, callers ${callers}: ${ratio.toFixed(2)} against ${target.to}, at least ${target.ratio}`,
    )
  }
}
