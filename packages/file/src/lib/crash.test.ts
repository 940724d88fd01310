import { join } from 'node:path'
import { expect, test } from 'vitest'
import { expectUsable, expectWhole } from '../testing/after-crash.ts'
import { copyAged, crashEverywhere, type Durability } from '../testing/crash-at.ts'
import { OPERATIONS, type Operation, prepare } from '../testing/operations.ts'
import { runProcess, temporaryDirectory } from '../testing/support.ts'

const rows = (['process-crash', 'power-loss'] as const).flatMap((durability) =>
  OPERATIONS.map((operation) => ({ durability, operation })),
)

test.each(rows)('$durability: a crash at any call of $operation.name', async ({ durability, operation }) => {
  const { crashes, halves } = await crashEverywhere(operation, durability)
  console.log(`${durability}, ${operation.name}: ${crashes} crashes, and ${halves} with half of a write done`)
  expect(crashes).toBeGreaterThan(0)
})

test.each(['process-crash', 'power-loss'] as const)(
  '%s: a process that is killed at any call',
  { timeout: 240_000 },
  async (durability) => {
    const prepared = temporaryDirectory()
    for (const [n, operation] of OPERATIONS.entries()) await prepare(join(prepared, String(n)), operation)
    let left: readonly number[] = [...OPERATIONS.keys()]
    let [kills, interrupted] = [0, 0]
    while (left.length > 0) {
      // Two at once: most of the time goes into starting them.
      const both = await Promise.all([1, 2].map((ahead) => kill(prepared, durability, kills + ahead, left)))
      kills += 2
      interrupted += both.flat().length
      left = both[1] ?? []
    }
    console.log(`${durability}: ${kills} processes killed, in the middle of ${interrupted} operations`)
    expect(interrupted).toBeGreaterThan(100)
  },
)

/** Has a process run these operations, each up to its k-th call, and answers with those that got so far. */
async function kill(prepared: string, durability: Durability, k: number, operations: readonly number[]) {
  const root = temporaryDirectory()
  for (const n of operations) copyAged(join(prepared, String(n)), join(root, String(n)))
  const env = { ...process.env, NODE_COMPILE_CACHE: join(prepared, 'cache') }
  const running = runProcess('crasher.ts', [root, String(k), durability, ...operations.map(String)], { env })
  expect(await running.ended()).toBe('SIGKILL')
  const interrupted: number[] = JSON.parse(running.lines.at(-1) ?? '')
  for (const n of interrupted) {
    const line = running.lines.find((line) => line.startsWith(`${n} `))
    const answer = line && JSON.parse(line.slice(line.indexOf(' ')))
    const stored = await expectWhole(join(root, String(n)), OPERATIONS[n] as Operation, answer)
    await expectUsable(join(root, String(n)), stored)
  }
  return interrupted
}
