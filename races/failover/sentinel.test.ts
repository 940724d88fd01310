import { describe, expect, test } from 'vitest'
import { expectNothingLost, expectTrueAnswers, expectWithinDeadline } from './expect-row.ts'
import { table } from './row.ts'
import { sentinelRun } from './sentinel-runs.ts'

test('a primary is killed while its replica is behind: only what no replica confirmed is lost', async () => {
  const modes = [{}, { layer: 'sessions' }, { replicas: 1 }, { replicas: 1, layer: 'sessions' }] as const
  const rows = await sentinelRun('killed with its replica behind', modes)
  console.log(table(rows))
  for (const row of rows) expectTrueAnswers(row)
  for (const row of rows.slice(0, 2)) expect(row.lost, row.mode).toBeGreaterThan(0)
  for (const row of rows.slice(2)) expectNothingLost(row)
})

describe('a primary stands still, is replaced, and goes on', () => {
  test('nothing is lost over a client that leaves it, or with replicas that confirm', async () => {
    const modes = [{ failoverDetector: true }, { socketTimeoutMs: 1_500 }, { replicas: 1 }]
    const rows = await sentinelRun('standing still for a while', modes)
    console.log(table(rows))
    for (const row of rows) {
      expectTrueAnswers(row)
      expectNothingLost(row)
    }
  })

  test('a client that notices nothing is answered from the past, until the primary is told to follow', async () => {
    const rows = await sentinelRun('standing still for a while', [{}, { writesFollow: true }])
    console.log(table(rows))
    for (const row of rows) expectWithinDeadline(row)
    const [alone, split] = rows
    expect(alone?.lost).toBeGreaterThan(0)
    expect(split?.stale).toBeGreaterThan(0)
    expect(split).toMatchObject({ lost: 0, resurrected: 0 })
  })
})
