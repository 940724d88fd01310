import { type RedisCluster, type RedisServer, until } from '@leeway/testing'
import { Contestant, clusterClient, contest, type Mode } from './contestants.ts'
import type { Row } from './row.ts'

/** How a master fails: killed at once, or after its replica's link has been held back for a while. */
export type Failure = 'killed' | 'killed with its replica behind'

/** A slot whose master fails: a third of the keys. */
const SLOT = 0

export async function clusterRun(cluster: RedisCluster, failure: Failure, modes: readonly Mode[]): Promise<Row[]> {
  const master = await cluster.masterOfSlot(SLOT)
  const replica = await cluster.replicaOf(master)
  const contestants = modes.map(
    (mode, n) => new Contestant((of) => clusterClient(cluster.addresses, of), mode, `${failure}-${n}:`),
  )
  return contest(contestants, `Cluster, master ${failure}`, async (loads) => {
    if (failure !== 'killed') await holdBack(master, replica, loads)
    const failedAt = performance.now()
    await master.kill()
    if (!replica.isAwake) replica.resume()
    await until('the replica is promoted', async () => (await cluster.masterOfSlot(SLOT)) === replica)
    await master.restart()
    await until('all are back', async () => (await cluster.isHealthy()) && (await isInSync(master)))
    return failedAt
  })
}

/**
 * The replica stands still and its link is cut, so that nothing that is written from here on reaches it: what was on
 * its way when the link was cut does. Resolves once much has been written.
 */
export async function holdBack(
  primary: RedisServer,
  replica: RedisServer,
  loads: readonly Contestant[],
): Promise<void> {
  await replica.pause()
  await primary.command('CLIENT', 'KILL', 'TYPE', 'replica')
  await Promise.all(
    loads.map(async ({ load, mode }) => {
      const { recorder } = load
      if (mode.replicas) await until('writes are not confirmed', () => recorder.failed > 3)
      else await load.more(100)
    }),
  )
}

async function isInSync(replica: RedisServer): Promise<boolean> {
  return /^master_link_status:up/m.test(String(await replica.command('INFO', 'replication')))
}
