import { startCluster } from '@leeway/testing'
import { afterAll, describe, it } from 'vitest'
import { register } from '../src/index.ts'

const cluster = await startCluster()
afterAll(() => cluster.stop())
process.env.REDIS_URLS = cluster.addresses.map(({ host, port }) => `redis://${host}:${port}`).join(' ')
const { default: subject } = await import('../subjects/redis-cluster.subject.ts')

await register(subject, { describe, it })
