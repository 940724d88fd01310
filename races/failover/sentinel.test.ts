import { expect, test } from 'vitest'
import { expectNothingLost, expectTrueAnswers, expectWithinDeadline } from './expect-row.ts'
import { type Row, table } from './row.ts'
import { sentinelRun } from './sentinel-runs.ts'

test('a primary is killed while its replica is behind: only what no replica confirmed is lost', async () => {
  const modes = [{}, { layer: 'sessions' }, { replicas: 1 }, { replicas: 1, layer: 'sessions' }] as const
  const rows = await sentinelRun('killed with its replica behind', modes)
  console.log(table(rows))
  for (const row of rows) expectTrueAnswers(row)
  for (const row of rows.slice(0, 2)) expect(row.lost, row.mode).toBeGreaterThan(0)
  for (const row of rows.slice(2)) expectNothingLost(row)
})

test('a primary stands still, is replaced, and goes on: it answers from the past until it is told to follow', async () => {
  const modes = [{}, { writesFollow: true }, { failoverDetector: true }, { socketTimeoutMs: 1_500 }, { replicas: 1 }]
  const rows = await sentinelRun('standing still for a while', modes)
  console.log(table(rows))
  const [staying, split, ...others] = rows
  for (const row of rows) expectWithinDeadline(row)
  // Over a client that has noticed nothing, writes are acknowledged by the wrong server, and loads are answered by it.
  const mislaid = (row?: Row) => (row ? row.lost + row.resurrected : 0)
  expect(mislaid(staying)).toBeGreaterThan(0)
  expect(split?.stale).toBeGreaterThan(0)
  for (const row of others) expectTrueAnswers(row)
  // Over one that has left nothing is, except what the primary had acknowledged at its last moment.
  for (const row of others) expect(mislaid(row), row.mode).toBeLessThan(mislaid(staying) / 10)
  for (const row of others.slice(-1)) expectNothingLost(row)
})
