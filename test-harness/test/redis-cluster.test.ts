import { startCluster, startRedis } from '@leeway/testing'
import { Cluster } from 'ioredis'
import { afterAll, describe, it } from 'vitest'
import { register } from '../src/index.ts'
import { redisSubject } from '../subjects/redis-subject.ts'

const cluster = await startCluster()
const client = new Cluster(cluster.addresses)

const gone = await startRedis()
await gone.stop()
const ended = new Cluster([{ host: gone.host, port: gone.port }], { clusterRetryStrategy: () => null })
ended.on('error', () => {})
await new Promise<void>((resolve) => ended.once('end', resolve))

afterAll(async () => {
  client.disconnect()
  await cluster.stop()
})

await register(redisSubject('redis cluster', client, ended), { describe, it })
