import { startRedis } from '@leeway/testing'
import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis-5'
import { Redis as Valkey } from 'iovalkey'
import { afterAll, test } from 'vitest'
import type { RedisClient } from '../index.ts'
import { scenario } from '../testing/scenario.ts'

const server = await startRedis()
afterAll(() => server.stop())

const { host, port } = server
const clients: [name: string, open: () => RedisClient & { disconnect(): void }][] = [
  ['ioredis 6', () => new Redis({ host, port })],
  ['ioredis 6, enableAutoPipelining', () => new Redis({ host, port, enableAutoPipelining: true })],
  ['ioredis 6, stringNumbers', () => new Redis({ host, port, stringNumbers: true })],
  ['ioredis 6, replyMapping resp3', () => new Redis({ host, port, replyMapping: 'resp3' })],
  ['ioredis 6, both', () => new Redis({ host, port, replyMapping: 'resp3', stringNumbers: true })],
  ['ioredis 6, protocol 2', () => new Redis({ host, port, protocol: 2 })],
  ['ioredis 6, another database', () => new Redis({ host, port, db: 3 })],
  ['ioredis 5', () => new Redis5({ host, port })],
  ['ioredis 5, enableAutoPipelining', () => new Redis5({ host, port, enableAutoPipelining: true })],
  ['ioredis 5, stringNumbers', () => new Redis5({ host, port, stringNumbers: true })],
  ['iovalkey', () => new Valkey({ host, port })],
  ['iovalkey, enableAutoPipelining', () => new Valkey({ host, port, enableAutoPipelining: true })],
]

test.each(clients)('%s does all that the store needs', async (name, open) => {
  const client = open()
  try {
    await scenario(client, `${name}:`)
  } finally {
    client.disconnect()
  }
})
