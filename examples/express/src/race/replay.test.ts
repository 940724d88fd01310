import { expect, test } from 'vitest'
import { replayAll } from './replay.ts'

test('the naive store loses the session in orders 4, 7 and 9; leeway keeps it in each', async () => {
  const replays = await replayAll()
  expect(replays.map(({ order, naive, leeway }) => [order, naive.verdict, leeway.verdict])).toEqual([
    [4, 'lost', 'kept'],
    [7, 'lost', 'kept'],
    [9, 'lost', 'kept'],
  ])
})

test('both stores go through the same steps at the same instants', async () => {
  for (const { steps, naive, leeway } of await replayAll()) {
    const schedule = (run: typeof naive) => run.trace.map(({ step, sinceExpiryMs }) => [step, sinceExpiryMs])
    expect(schedule(naive)).toEqual(schedule(leeway))
    expect(naive.trace.map(({ step }) => step)).toEqual(steps)
  }
})
