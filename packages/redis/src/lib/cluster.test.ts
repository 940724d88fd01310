import { startCluster, until } from '@leeway/testing'
import { version } from '@leeway/testing/records'
import { Cluster } from 'ioredis'
import { Cluster as Cluster5 } from 'ioredis-5'
import { Cluster as ValkeyCluster } from 'iovalkey'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { type RedisClient, redisStore } from '../index.ts'
import { scenario } from '../testing/scenario.ts'
import { failureOf, live, outcomeOf } from '../testing/support.ts'

const cluster = await startCluster({ masters: 3, replicasPerMaster: 0 })
afterAll(() => cluster.stop())
const { addresses } = cluster
const [first, second] = cluster.nodes
if (!first || !second) throw new Error('there are three')

const clients: [name: string, open: () => RedisClient & { disconnect(): void }][] = [
  ['ioredis 6', () => new Cluster(addresses)],
  ['ioredis 6, enableAutoPipelining', () => new Cluster(addresses, { enableAutoPipelining: true })],
  ['ioredis 6, stringNumbers', () => new Cluster(addresses, { redisOptions: { stringNumbers: true } })],
  ['ioredis 6, lazyConnect', () => new Cluster(addresses, { lazyConnect: true })],
  ['ioredis 5', () => new Cluster5(addresses)],
  ['iovalkey', () => new ValkeyCluster(addresses)],
]

test.each(clients)('a Cluster of %s does all that the store needs', async (name, open) => {
  const client = open()
  try {
    await scenario(client, `${name}:`)
  } finally {
    client.disconnect()
  }
})

/** One session of those in the slot that is about to move, and its slot. */
async function sessionOf(prefix: string) {
  const session = live('moving', { owner: 'alice' })
  const slot = Number(await first?.command('CLUSTER', 'KEYSLOT', `${prefix}default:${session.id}`))
  const from = await cluster.masterOfSlot(slot)
  const to = from === first ? second : first
  if (!to) throw new Error('there are three')
  return { session, slot, to }
}

test('a slot that moves is followed, while it moves and after, by a client that believes the old node', async () => {
  const client = new Cluster(addresses)
  onTestFinished(() => client.disconnect())
  const prefix = 'moved:'
  const store = redisStore({ client, prefix })
  const { session, slot, to } = await sessionOf(prefix)
  await store.create(session)
  const move = await cluster.beginMove(slot, to)
  expect(await store.load(session.id)).toEqual(session)
  await move.moveKeys()
  expect(await store.load(session.id)).toEqual(session)
  const next = { ...session, version: version(2) }
  expect(await store.update(next, session.version)).toBe('saved')
  await move.finish()
  expect(await store.touch(next, next)).toBe('touched')
  expect(await store.load(session.id)).toEqual(next)
  expect((await store.list?.({ owner: 'alice', limit: 5 }))?.sessions).toHaveLength(1)
  expect(await store.destroy(session.id)).toBe('destroyed')
})

test('while a slot moves a list of all says so, and works again afterwards', async () => {
  const client = new Cluster(addresses)
  onTestFinished(() => client.disconnect())
  const prefix = 'listed:'
  const store = redisStore({ client, prefix })
  const { session, slot, to } = await sessionOf(prefix)
  await store.create(session)
  const move = await cluster.beginMove(slot, to)
  const { error } = await failureOf(Promise.resolve(store.list?.({ limit: 10 })))
  expect([error.code, error.operation]).toEqual(['ERR_STORE_FAILED', 'list'])
  expect(error.message).toContain('being moved')
  await move.finish()
  await until('the list is whole', async () => (await store.list?.({ limit: 10 }))?.sessions.length === 1)
})

test('with enableAutoPipelining, where ioredis fails calls when a slot has moved, none is answered wrongly', async () => {
  const client = new Cluster(addresses, { enableAutoPipelining: true })
  onTestFinished(() => client.disconnect())
  const prefix = 'piped:'
  const store = redisStore({ client, prefix })
  const { session: owned, slot, to } = await sessionOf(prefix)
  const session = { ...owned, owner: null }
  const sessions = [session, ...Array.from({ length: 30 }, (_, number) => live(number))]
  await Promise.all(sessions.map((one) => store.create(one)))
  await (await cluster.beginMove(slot, to)).finish()
  const outcomes = await Promise.all([
    outcomeOf(store.update({ ...session, version: version(2) }, session.version)),
    ...sessions.slice(1).map((one) => outcomeOf(store.load(one.id))),
  ])
  const messages = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error.message] : []))
  console.log(
    `a slot moved under a pipeline: ${messages.length} of ${outcomes.length} calls failed: ${[...new Set(messages)]}`,
  )
  for (const message of messages) expect(message).toMatch(/MOVED|ASK|same slots/)
  for (const outcome of outcomes.slice(1)) if ('value' in outcome) expect(sessions).toContainEqual(outcome.value)
  await until('the client has learnt it', async () => {
    const again = await Promise.all(sessions.map((one) => outcomeOf(store.load(one.id))))
    return again.every((outcome) => 'value' in outcome && outcome.value !== undefined)
  })
})
