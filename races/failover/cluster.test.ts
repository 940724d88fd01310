import { type RedisCluster, startCluster } from '@leeway/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clusterRun } from './cluster-runs.ts'
import type { Mode } from './contestants.ts'
import { expectNothingLost, expectTrueAnswers } from './expect-row.ts'
import { table } from './row.ts'

const unconfirmed: Mode[] = [{}, { layer: 'sessions' }, { client: 'ioredis 5' }, { client: 'iovalkey' }]
const confirmed: Mode[] = [{ replicas: 1 }, { replicas: 1, layer: 'sessions' }]

let cluster: RedisCluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.stop())

test('a master is killed: no answer is wrong, and what replicas confirmed is there', async () => {
  const rows = await clusterRun(cluster, 'killed', [...unconfirmed, ...confirmed])
  console.log(table(rows))
  for (const row of rows) {
    expectTrueAnswers(row)
    expect(row.codes.size, row.mode).toBeGreaterThan(0)
  }
  for (const row of rows.slice(unconfirmed.length)) expectNothingLost(row)
})

test('a master is killed while its replica is behind: only what no replica confirmed is lost', async () => {
  const rows = await clusterRun(cluster, 'killed with its replica behind', [...unconfirmed, ...confirmed])
  console.log(table(rows))
  for (const row of rows) expectTrueAnswers(row)
  for (const row of rows.slice(0, unconfirmed.length)) expect(row.lost, row.mode).toBeGreaterThan(0)
  for (const row of rows.slice(unconfirmed.length)) {
    expectNothingLost(row)
    expect(row.codes.get('ERR_NOT_REPLICATED'), row.mode).toBeGreaterThan(0)
  }
})
