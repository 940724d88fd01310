/** Prints the table of docs/redis-store.md: what was counted while servers failed under load. Takes about a minute. */
import { startCluster } from '@leeway/testing'
import { clusterRun } from './cluster-runs.ts'
import type { Mode } from './contestants.ts'
import { crashRun } from './crash-runs.ts'
import { migrationRun } from './migration-runs.ts'
import { type Row, table } from './row.ts'
import { sentinelRun } from './sentinel-runs.ts'

const layers: Mode[] = [{}, { layer: 'sessions' }, { replicas: 1 }, { replicas: 1, layer: 'sessions' }]
const clients: Mode[] = [{ client: 'ioredis 5' }, { client: 'iovalkey' }]
const leaving: Mode[] = [{}, { writesFollow: true }, { failoverDetector: true }, { socketTimeoutMs: 1_500 }]

const rows: Row[] = []
for (const appendonly of ['no', 'everysec', 'always'] as const) rows.push(...(await crashRun(appendonly)))
const cluster = await startCluster()
try {
  rows.push(...(await migrationRun(cluster, layers)).rows)
  rows.push(...(await clusterRun(cluster, 'killed', [...layers, ...clients])))
  rows.push(...(await clusterRun(cluster, 'killed with its replica behind', [...layers, ...clients])))
} finally {
  await cluster.stop()
}
rows.push(...(await sentinelRun('killed', layers)))
rows.push(...(await sentinelRun('killed with its replica behind', layers)))
rows.push(...(await sentinelRun('standing still for a while', [...leaving, { replicas: 1 }])))
console.log(table(rows))
