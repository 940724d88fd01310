import { startRedis } from '@leeway/testing'
import { afterAll, describe, it } from 'vitest'
import { register } from '../src/index.ts'

const server = await startRedis()
afterAll(() => server.stop())
process.env.REDIS_URL = server.url
const { default: subject } = await import('../subjects/redis.subject.ts')

await register(subject, { describe, it })
