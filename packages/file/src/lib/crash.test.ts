import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { expectSound, expectUsable, expectWhole } from '../testing/after-crash.ts'
import { CrashingFs } from '../testing/crashing-fs.ts'
import { OPERATIONS, type Operation, prepare } from '../testing/operations.ts'
import { age } from '../testing/sessions.ts'
import { runProcess, temporaryDirectory } from '../testing/support.ts'
import { fileStore } from './file-store.ts'

type Durability = 'process-crash' | 'power-loss'

const rows = (['process-crash', 'power-loss'] as const).flatMap((durability) =>
  OPERATIONS.map((operation) => ({ durability, operation })),
)

test.each(rows)('$durability: a crash at any call of $operation.name', async ({ durability, operation }) => {
  const prepared = temporaryDirectory()
  await prepare(prepared, operation)
  let halves = 0
  let k = 1
  for (; ; k++) {
    const calls = await crash(prepared, operation, { durability, k })
    if (calls.length < k) break
    if (calls[k - 1] !== 'write') continue
    await crash(prepared, operation, { durability, k, isHalfDone: true })
    halves++
  }
  console.log(`${durability}, ${operation.name}: ${k - 1} crashes, and ${halves} with half of a write done`)
  expect(k).toBeGreaterThan(1)
})

interface Crash {
  readonly durability: Durability
  readonly k: number
  readonly isHalfDone?: boolean
}

/** Answers with the calls that were made. */
async function crash(prepared: string, operation: Operation, { durability, k, isHalfDone }: Crash) {
  const directory = join(temporaryDirectory(), 'store')
  copy(prepared, directory)
  const crashing = new CrashingFs(k, isHalfDone)
  const store = fileStore({ directory, durability, fs: crashing.fs })
  const answer = await operation.run(store).catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'ERR_STORE_FAILED' })
    return undefined
  })
  await store.close()
  await expectSound(directory, operation, answer)
  return crashing.calls
}

function copy(prepared: string, directory: string): void {
  cpSync(prepared, directory, { recursive: true })
  age(directory)
}

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
  for (const n of operations) copy(join(prepared, String(n)), join(root, String(n)))
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
