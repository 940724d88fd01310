import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Replay, replay } from './replay.ts'

const verdicts = (replays: Replay[]) =>
  replays.map(({ order, naive, leeway }) => [order, naive.verdict, leeway.verdict])

test('the naive store loses the session in orders 4, 7 and 9; leeway loses none', async () => {
  expect(verdicts(await replay())).toEqual([
    [4, 'lost', 'refused'],
    [7, 'lost', 'kept'],
    [9, 'lost', 'kept'],
  ])
})

test('in the other orders neither loses it', async () => {
  const replays = await replay(true)
  expect(replays).toHaveLength(10)
  expect(verdicts(replays.filter(({ order }) => ![4, 7, 9].includes(order)))).toEqual([
    [1, 'kept', 'refused'],
    [2, 'kept', 'refused'],
    [3, 'kept', 'refused'],
    [5, 'kept', 'kept'],
    [6, 'kept', 'kept'],
    [8, 'kept', 'kept'],
    [10, 'kept', 'kept'],
  ])
})

test('leeway refuses exactly the loads that come after the expiry', async () => {
  for (const { leeway } of await replay(true)) {
    const load = leeway.trace.find(({ step }) => step === 'L')
    expect(leeway.verdict === 'refused').toBe((load?.sinceExpiryMs ?? 0) >= 0)
  }
})

test('both stores go through the same steps at the same instants', async () => {
  for (const { steps, naive, leeway } of await replay(true)) {
    const schedule = (run: typeof naive) => run.trace.map(({ step, sinceExpiryMs }) => [step, sinceExpiryMs])
    expect(schedule(naive)).toEqual(schedule(leeway))
    expect(naive.trace.map(({ step }) => step)).toEqual(steps)
  }
})

test('a replay leaves no database behind', async () => {
  const { TMPDIR } = process.env
  const directory = mkdtempSync(join(tmpdir(), 'leeway-left-'))
  process.env.TMPDIR = directory
  try {
    await replay()
    expect(readdirSync(directory)).toEqual([])
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
    rmSync(directory, { recursive: true })
  }
})
