import { createSessions } from '@leeway/core'
import { redisStore } from '@leeway/redis'
import { type RedisServer, startReplicated, until } from '@leeway/testing'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'

test('a write whose answer is lost while no replica has it is not taken for done because the primary has it', async () => {
  await using servers = await startReplicated({ sentinels: 0 })
  const { primary, replicas } = servers
  const client = new Redis(primary.port)
  await using sessions = createSessions({
    store: redisStore({ client, replicas: 1 }),
    initialData: () => ({ n: 0 }),
  })
  const session = await sessions.open()
  session.data.n = 1
  await session.save()
  // From here on the server knows the script.
  await session.update((data) => {
    data.n++
  })
  const [replica] = replicas
  await replica?.pause()
  const saved = session.update((data) => {
    data.n++
  })
  const outcome = saved.then(
    () => 'saved',
    () => 'failed',
  )
  await until('the write waits for the replica', () => hasBlocked(primary))
  await primary.command('CLIENT', 'KILL', 'TYPE', 'normal')
  expect(await outcome).toBe('failed')
  replica?.resume()
  await session.update((data) => {
    data.n++
  })
  expect(session.data.n).toBe(4)
  client.disconnect()
})

async function hasBlocked(server: RedisServer): Promise<boolean> {
  return String(await server.command('INFO', 'clients')).includes('blocked_clients:1')
}
