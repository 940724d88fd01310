import { startCluster } from '@leeway/testing'
import { expect, test } from 'vitest'
import { expectNothingLost, expectTrueAnswers } from './expect-row.ts'
import { migrationRun } from './migration-runs.ts'
import { table } from './row.ts'

test('slots move under load: nothing is lost, only writes that wait for replicas fail, and a list of all fails rather than miss a session', async () => {
  await using cluster = await startCluster()
  const modes = [{}, { replicas: 1 }, { replicas: 1, layer: 'sessions' }] as const
  const { rows, during, afterwards } = await migrationRun(cluster, modes)
  console.log(table(rows))
  console.log('lists of all sessions, meanwhile and afterwards', during, afterwards)
  for (const row of rows) {
    expectTrueAnswers(row)
    expectNothingLost(row)
    expect(row.loadsFailedForMs, row.mode).toBe(0)
    expect(['', 'ERR_STORE_FAILED'], row.mode).toContain([...row.codes.keys()].join())
  }
  expect(rows[0]?.codes.size).toBe(0)
  expect(during.missed).toBe(0)
  expect(Object.keys(during.failed)).toEqual(['ERR_STORE_FAILED'])
  expect(afterwards).toEqual({ complete: modes.length, failed: {}, missed: 0 })
})
