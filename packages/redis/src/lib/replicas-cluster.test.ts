import { startCluster } from '@leeway/testing'
import { version } from '@leeway/testing/records'
import { Cluster } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { redisStore } from '../index.ts'
import { live } from '../testing/support.ts'

test('in a cluster writes wait for the replica of each node, also across a slot that moves', async () => {
  const cluster = await startCluster({ masters: 2, replicasPerMaster: 1 })
  onTestFinished(() => cluster.stop())
  const client = new Cluster(cluster.addresses)
  onTestFinished(() => client.disconnect())
  const store = redisStore({ client, replicas: 1, commandTimeoutMs: 20_000 })
  onTestFinished(() => store.close())
  const keyOf = (id: string) => `leeway:default:${id}`
  /** What the replica of the node that serves the session now has of it. */
  const onReplica = async (id: string) => {
    const replica = await cluster.replicaOf(await cluster.masterOf(keyOf(id)))
    await replica.command('READONLY')
    return replica.command('GET', keyOf(id))
  }

  const sessions = Array.from({ length: 30 }, (_, number) =>
    live(number, { owner: number % 2 ? `owner${number}` : null }),
  )
  expect(await Promise.all(sessions.map((session) => store.create(session)))).toEqual(sessions.map(() => 'created'))
  for (const { id } of sessions) expect(String(await onReplica(id))).toContain(id)
  const masters = await Promise.all(sessions.map(({ id }) => cluster.masterOf(keyOf(id))))
  expect(new Set(masters).size).toBe(2)

  const [moving] = sessions
  if (!moving) throw new Error('there are thirty')
  const slot = Number(await cluster.nodes[0]?.command('CLUSTER', 'KEYSLOT', keyOf(moving.id)))
  const to = masters.find((master) => master !== masters[0])
  if (!to) throw new Error('there are two')
  const move = await cluster.beginMove(slot, to)
  const before = { ...moving, version: version(2) }
  const between = { ...moving, version: version(3) }
  const after = { ...moving, version: version(4) }
  expect(await store.update(before, moving.version)).toBe('saved')
  await move.finish()
  expect(await store.update(between, before.version)).toBe('saved')
  expect(String(await onReplica(moving.id))).toContain(between.version)
  expect(await store.update(after, between.version)).toBe('saved')
  expect(await store.destroy(moving.id)).toBe('destroyed')
  expect(await onReplica(moving.id)).toBe(null)
  expect(await store.load(moving.id)).toBe(undefined)
})
