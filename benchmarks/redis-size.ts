// What does a session take of Redis' memory, and what does a call cost among a million of them?
//
// node --conditions=@leeway/source benchmarks/redis-size.ts [sessions] [rounds]
//
// Servers of their own on the same machine, without persistence, each filled through its store with 64 calls at a time.
// Half of the sessions have an owner, each owner five; and one more owner has 1,000. Bytes are what the server's
// `used_memory` grows by, over the number of sessions. The sizes take turns, and a ratio is the time among so many sessions
// over that among the fewest in the same round: 1 means that it does not matter.
//
// Everything is listed twice: alone, and while a caller loads sessions without a pause. Delays are the longest that
// `monitorEventLoopDelay` saw; noise is the longest gap in a second of looking at the clock right before.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { noiseMs, timed } from './file-turns.ts'
import { alternately, lasting } from './redis-alternately.ts'
import { Filled } from './redis-filled.ts'
import { memoryTable } from './redis-memory.ts'
import { formsTable } from './redis-record-forms.ts'
import { table } from './redis-report.ts'
import { commandsOf } from './redis-server-cost.ts'
import { spread } from './summary.ts'

const sessions = Number(process.argv[2] ?? 1_000_000)
const rounds = Number(process.argv[3] ?? 9)
const PAGE = 1_000
const TURN_MS = 120
const sizes = [1_000, sessions / 10, sessions]
const sample = Math.min(100_000, sessions)
const payload = 'x'.repeat(300)

console.log(`Node ${process.version}, 300 B, ${rounds} rounds`)
console.log(`\n### Memory, of ${sample} sessions\n\n${await memoryTable(payload, sample)}`)
console.log(`\n### The form of a record, of ${sample} sessions\n\n${await formsTable(payload, sample, rounds)}`)

const filled: Filled[] = []
try {
  for (const size of sizes) {
    const startedAt = performance.now()
    filled.push(await Filled.start(size, payload))
    console.error(`${size} sessions in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
  }
  const { unowned, owned } = filled.at(-1)?.bytes ?? { unowned: Number.NaN, owned: Number.NaN }
  console.log(
    `\nOf ${sessions} sessions: ${unowned.toFixed()} bytes each without an owner, ${owned.toFixed()} with one`,
  )
  console.log(`\n### What a call costs among so many, µs\n\n${await sizeTable()}`)
  console.log(`\n### To list everything, in pages of ${PAGE}\n\n${await listTable(filled.at(-1))}`)
} finally {
  for (const one of filled) await one.stop()
}

async function sizeTable(): Promise<string> {
  const rows: string[][] = []
  for (const [work, ...atOnce] of [
    ['load', 1, 64],
    ['GET, raw', 1, 64],
    ['list the 5 sessions of an owner', 1, 64],
    ['list the 1,000 sessions of an owner', 1],
  ] as const) {
    for (const callers of atOnce) {
      const calls = filled.map(({ works }) => works[work])
      const us = await alternately(calls, callers, rounds)
      const [fewest = []] = us
      const ratios = us.map((values) => spread(values.map((value, round) => value / (fewest[round] ?? Number.NaN))))
      const cells = us.map((values, which) =>
        which === 0 ? spread(values) : `${spread(values)}, ratio ${ratios[which]}`,
      )
      rows.push([`${work}, ${callers} at a time`, ...cells])
    }
  }
  const costs: string[] = []
  for (const one of filled) costs.push(await serverCost(one))
  rows.push(['load, server', ...costs])
  return table(['', ...sizes.map((size) => `${size} sessions`)], rows)
}

/** Of a load: what the server counts for the command. */
async function serverCost({ server, works }: Filled): Promise<string> {
  await server.command('CONFIG', 'RESETSTAT')
  const { count } = await timed(64, lasting(TURN_MS), works.load)
  return commandsOf(server, count)
}

async function listTable(one: Filled | undefined): Promise<string> {
  const rows: string[][] = []
  for (const loads of [0, 1]) {
    if (!one) throw new Error('no server was filled')
    const noise = noiseMs(1_000)
    let isListing = true
    const loading = Array.from({ length: loads }, async () => {
      while (isListing) await one.works.load()
    })
    const pages: number[] = []
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const startedAt = performance.now()
    await one.listAll(PAGE, (ms) => pages.push(ms))
    const seconds = (performance.now() - startedAt) / 1_000
    delay.disable()
    isListing = false
    await Promise.all(loading)
    const longest = [Math.max(...pages), delay.max / 1e6, delay.percentile(99) / 1e6, noise]
    const name = loads === 0 ? 'alone' : 'while one caller loads'
    rows.push([name, String(pages.length), seconds.toFixed(1), ...longest.map((ms) => ms.toFixed(1))])
  }
  return table(['', 'pages', 'seconds', 'longest page, ms', 'longest delay', '99th percentile', 'noise'], rows)
}
