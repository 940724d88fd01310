import { expect, test } from 'vitest'
import { crashRun } from './crash-runs.ts'
import { expectNothingLost, expectTrueAnswers } from './expect-row.ts'
import { table } from './row.ts'

test('a server in memory is killed: all that it had is lost, and nothing comes back', async () => {
  const rows = await crashRun('no')
  console.log(table(rows))
  for (const row of rows) {
    expectTrueAnswers(row)
    expect(row.lost, row.mode).toBeGreaterThan(0)
    expect(row.resurrected, row.mode).toBe(0)
  }
})

test('a server that syncs every second is killed: no answer is wrong', async () => {
  const rows = await crashRun('everysec')
  console.log(table(rows))
  for (const row of rows) expectTrueAnswers(row)
})

test('a server that syncs always is killed: what was acknowledged is there', async () => {
  const rows = await crashRun('always')
  console.log(table(rows))
  for (const row of rows) {
    expectTrueAnswers(row)
    expectNothingLost(row)
  }
})
