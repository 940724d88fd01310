// Does the cost of a load, of a miss or of listing one owner's sessions depend on how many sessions there are?
//
// node --conditions=@leeway/source benchmarks/file-size.ts [rounds] [directory] [sessions...]
//
// A store for each size, filled at the start; then the sizes take turns. Every session has an owner, and each owner five. A
// ratio is the time with so many sessions over that with the fewest in the same round: 1 means that it does not matter.
// What is loaded is random and was written in this run, so it comes from memory; a disk's reads are not in the figures.
import { join } from 'node:path'
import { fileStore } from '@leeway/file'
import { newId, newVersion } from './file-contenders.ts'
import { each, flush, inScratch, order, timed, until } from './file-turns.ts'
import { spread } from './summary.ts'

const rounds = Number(process.argv[2] ?? 9)
const given = process.argv.slice(4).map(Number)
const sizes = (given.length > 0 ? given : [1_000, 10_000, 100_000]).toSorted((a, b) => a - b)
const WARM_UP = 2
const TURN_MS = 200
const PER_OWNER = 5
const payload = 'x'.repeat(300)

await inScratch(process.argv[3], async (directory) => {
  const sides: Awaited<ReturnType<typeof filled>>[] = []
  for (const size of sizes) sides.push(await filled(directory, size))
  flush(directory)
  for (const work of ['load', 'miss', 'list'] as const) {
    for (const callers of [1, 64]) {
      const us: number[][] = sides.map(() => [])
      for (let round = -WARM_UP; round < rounds; round++) {
        for (const which of order(sides.length, round + WARM_UP)) {
          const call = sides[which]?.[work] ?? (async () => {})
          const took = await timed(callers, until(TURN_MS), call)
          if (round >= 0) us[which]?.push(took.us)
        }
      }
      console.log(`\n${work}, ${callers === 1 ? '1 caller' : `${callers} callers`}`)
      for (const [which, values] of us.entries()) {
        const ratio =
          which === 0 ? '' : `, ratio ${spread(values.map((one, round) => one / (us[0]?.[round] ?? Number.NaN)))}`
        console.log(`  ${String(sizes[which]).padStart(9)} sessions ${spread(values)} µs${ratio}`)
      }
    }
  }
  for (const side of sides) await side.close()
})

async function filled(directory: string, size: number) {
  const store = fileStore({ directory: join(directory, String(size)) })
  const ids = Array.from({ length: size }, newId)
  const ownerOf = (n: number) => `owner-${Math.floor(n / PER_OWNER)}`
  const lifetime = { expiresAt: Date.now() + 3_600_000, purgeAt: Date.now() + 3_600_000 }
  const startedAt = performance.now()
  await each(size, (n) =>
    store.create({ id: ids[n] ?? '', version: newVersion(), payload, owner: ownerOf(n), ...lifetime }),
  )
  console.log(`${size} sessions created in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
  const random = () => Math.floor(Math.random() * size)
  return {
    async load() {
      if ((await store.load(ids[random()] ?? '')) === undefined) throw new Error('a session is gone')
    },
    async miss() {
      if ((await store.load(newId())) !== undefined) throw new Error('a session from nowhere')
    },
    async list() {
      const { sessions } = (await store.list?.({ owner: ownerOf(random()), limit: 100 })) ?? { sessions: [] }
      if (sessions.length !== PER_OWNER) throw new Error(`${sessions.length} sessions instead of ${PER_OWNER}`)
    },
    close: () => store.close(),
  }
}
