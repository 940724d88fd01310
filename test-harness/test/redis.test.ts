import { startRedis } from '@leeway/testing'
import { Redis } from 'ioredis'
import { afterAll, describe, it } from 'vitest'
import { register } from '../src/index.ts'
import { redisSubject } from '../subjects/redis-subject.ts'

const server = await startRedis()
const client = new Redis(server.port)
const ended = new Redis(server.port, { lazyConnect: true })
ended.disconnect()
afterAll(async () => {
  client.disconnect()
  await server.stop()
})

await register(redisSubject('redis', client, ended), { describe, it })
