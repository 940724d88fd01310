import { afterAll, beforeAll, expect, it } from 'vitest'
import { startCluster, until } from './index.ts'
import type { RedisCluster } from './redis-cluster.ts'
import type { RedisServer } from './redis-server.ts'

let cluster: RedisCluster
let masters: RedisServer[]
beforeAll(async () => {
  cluster = await startCluster()
  masters = cluster.nodes.slice(0, 3)
})
afterAll(() => cluster.stop())

/** Answers with the master that has taken it. */
async function write(key: string): Promise<RedisServer> {
  const master = await cluster.masterOf(key)
  expect(await master.command('SET', key, key)).toBe('OK')
  return master
}

it('shares the slots among the masters, each with a replica that has everything', async () => {
  const slots = [0, 5_460, 5_461, 10_921, 10_922, 16_383]
  const ports = await Promise.all(slots.map(async (slot) => (await cluster.masterOfSlot(slot)).port))
  expect([...new Set(ports)]).toEqual(masters.map(({ port }) => port))
  const replicas = await Promise.all(masters.map((master) => cluster.replicaOf(master)))
  expect(new Set(replicas)).toEqual(new Set(cluster.nodes.slice(3)))
  expect(await cluster.isHealthy()).toBe(true)
  const key = '{tag}1'
  const master = await write(key)
  expect(await master.command('WAIT', 1, 5_000)).toBe(1)
  const replica = await cluster.replicaOf(master)
  await replica.command('READONLY')
  expect(await replica.command('GET', key)).toBe(key)
})

it('moves a slot while half of its keys are here and half there', async () => {
  await write('{moved}1')
  const slot = await cluster.keySlot('{moved}1')
  const from = await cluster.masterOfSlot(slot)
  const to = masters.find((node) => node !== from)
  if (!to) throw new Error('there are three masters')
  const move = await cluster.beginMove(slot, to)
  await move.moveKeys()
  await expect(from.command('GET', '{moved}1')).rejects.toThrow(`ASK ${slot} ${to.address}`)
  expect(await cluster.masterOfSlot(slot)).toBe(from)
  await move.finish()
  expect(await cluster.masterOfSlot(slot)).toBe(to)
  expect(await to.command('GET', '{moved}1')).toBe('{moved}1')
  await expect(from.command('GET', '{moved}1')).rejects.toThrow(`MOVED ${slot} ${to.address}`)
})

it('replaces a node that is killed or stands still, and takes it back as a replica', async () => {
  const key = '{failed}1'
  const master = await write(key)
  await master.command('WAIT', 1, 5_000)
  const replica = await cluster.replicaOf(master)
  await master.kill()
  expect(await cluster.masterOf(key)).toBe(replica)
  expect(await replica.command('GET', key)).toBe(key)
  await master.restart()
  expect(await cluster.replicaOf(replica)).toBe(master)
  await replica.pause()
  expect(await cluster.masterOf(key)).toBe(master)
  replica.resume()
  expect(await cluster.masterOf(key)).toBe(master)
  await until('all is well', () => cluster.isHealthy())
})
