import { setImmediate as turn } from 'node:timers/promises'
import { until } from '@leeway/testing'
import type { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { redisStore } from '../index.ts'
import { clientOf, failureOf, live, serverOf } from '../testing/support.ts'

/** The warnings about eviction from now on. */
function warnings(): string[] {
  const seen: string[] = []
  const note = (warning: Error & { code?: string }) => {
    if (warning.code === 'LEEWAY_EVICTION') seen.push(`${warning.name}: ${warning.message}`)
  }
  process.on('warning', note)
  onTestFinished(() => void process.off('warning', note))
  return seen
}

/** What was sent before on this connection has been answered, and what follows from that has happened. */
async function settled(client: Redis): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await client.ping()
    await turn()
  }
}

const session = live('x')

test.each(['allkeys-lru', 'allkeys-random', 'volatile-lru', 'volatile-ttl', 'volatile-lfu'])(
  'a server that evicts is warned of, once for a store: %s',
  async (policy) => {
    const server = await serverOf({ args: ['--maxmemory', '100mb', '--maxmemory-policy', policy] })
    const client = clientOf(server)
    const seen = warnings()
    const store = redisStore({ client })
    await settled(client)
    expect(seen).toEqual([])
    await Promise.all([store.create(session), store.load(session.id), store.load(session.id)])
    await until('it has warned', () => seen.length > 0)
    await store.load(session.id)
    await settled(client)
    expect(seen).toEqual([expect.stringMatching(new RegExp(`^LeewayWarning: .*${policy}.*noeviction`))])
    await redisStore({ client }).load(session.id)
    await until('the other store has warned', () => seen.length === 2)
  },
)

test.each([
  ['does not evict', ['--maxmemory', '100mb', '--maxmemory-policy', 'noeviction']],
  ['has no limit', ['--maxmemory', '0', '--maxmemory-policy', 'allkeys-lru']],
])('a server that %s is not warned of', async (_what, args) => {
  const client = clientOf(await serverOf({ args }))
  const seen = warnings()
  await redisStore({ client }).create(session)
  await settled(client)
  expect(seen).toEqual([])
})

test('a server that may not be asked is taken at its word', async () => {
  const server = await serverOf({ args: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] })
  await server.command('ACL', 'SETUSER', 'app', 'on', '>pass', '~*', '+@all', '-info')
  const client = clientOf(server, { username: 'app', password: 'pass', enableReadyCheck: false })
  const seen = warnings()
  const store = redisStore({ client })
  expect(await store.create(session)).toBe('created')
  expect(await store.load(session.id)).toEqual(session)
  await settled(client)
  expect(seen).toEqual([])
})

test('a server that was away at the first call is asked later', async () => {
  const server = await serverOf({ args: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] })
  const client = clientOf(server, { enableOfflineQueue: false, lazyConnect: true })
  const seen = warnings()
  const store = redisStore({ client })
  await failureOf(store.load(session.id))
  await until('it is connected', () => client.status === 'ready')
  await store.load(session.id)
  await until('it has warned', () => seen.length > 0)
})
