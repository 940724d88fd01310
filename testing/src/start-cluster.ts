import { freePort } from './free-port.ts'
import { idOf, nodesKnownTo } from './known-nodes.ts'
import { RedisCluster } from './redis-cluster.ts'
import type { RedisServer } from './redis-server.ts'
import { inSync, SYNC_AT_ONCE } from './replication.ts'
import { launch, launchAll } from './start-redis.ts'
import { until } from './until.ts'

export interface ClusterOptions {
  /** Default 3. */
  readonly masters?: number
  /** Default 1. */
  readonly replicasPerMaster?: number
  /** How long a node may be silent before the others replace it. Default 1000. */
  readonly nodeTimeoutMs?: number
  /** More arguments of every node. */
  readonly args?: readonly string[]
}

const SLOTS = 16_384

/** Starts the nodes and joins them; resolves once all say that all is well and the replicas have everything. */
export async function startCluster(options: ClusterOptions = {}): Promise<RedisCluster> {
  const { masters = 3, replicasPerMaster = 1, nodeTimeoutMs = 1_000, args = [] } = options
  const starts = Array.from({ length: masters * (1 + replicasPerMaster) }, () => startNode(nodeTimeoutMs, args))
  const cluster = new RedisCluster(await launchAll(starts))
  try {
    await form(cluster, masters)
    return cluster
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

async function form(cluster: RedisCluster, masterCount: number): Promise<void> {
  const { nodes } = cluster
  const [masters, replicas] = [nodes.slice(0, masterCount), nodes.slice(masterCount)]
  await Promise.all(masters.map((node, index) => takeSlots(node, index, masterCount)))
  await Promise.all(nodes.map((node, index) => node.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)))
  await Promise.all(nodes.flatMap((node) => nodes.filter((other) => other !== node).map((other) => meet(node, other))))
  await until('all nodes know each other', () => every(nodes, async (node) => (await peersOf(node)) === nodes.length))
  await Promise.all(replicas.map((replica, index) => follow(replica, masters[index % masterCount])))
  await Promise.all(replicas.map(inSync))
  await until('all nodes know the replicas', () =>
    every(nodes, async (node) => (await replicasKnownTo(node)) === replicas.length),
  )
  await until('the cluster is well', () => cluster.isHealthy())
}

async function startNode(nodeTimeoutMs: number, args: readonly string[]): Promise<RedisServer> {
  return launch(async () => [
    ...['--cluster-enabled', 'yes', '--cluster-port', String(await freePort()), '--save', ''],
    ...['--cluster-node-timeout', String(nodeTimeoutMs), ...SYNC_AT_ONCE, ...args],
  ])
}

async function takeSlots(master: RedisServer, index: number, count: number): Promise<void> {
  const first = Math.floor((SLOTS * index) / count)
  const last = Math.floor((SLOTS * (index + 1)) / count) - 1
  await master.command('CLUSTER', 'ADDSLOTSRANGE', first, last)
}

async function meet(node: RedisServer, other: RedisServer): Promise<void> {
  const bus = ((await other.command('CONFIG', 'GET', 'cluster-port')) as string[])[1] ?? ''
  await node.command('CLUSTER', 'MEET', other.host, other.port, bus)
}

async function follow(replica: RedisServer, master: RedisServer | undefined): Promise<void> {
  if (master) await replica.command('CLUSTER', 'REPLICATE', await idOf(master))
}

async function peersOf(node: RedisServer): Promise<number> {
  const known = await nodesKnownTo(node)
  return known.filter(({ isConnected, flags }) => isConnected && !flags.includes('handshake')).length
}

async function replicasKnownTo(node: RedisServer): Promise<number> {
  return (await nodesKnownTo(node)).filter(({ flags }) => flags.includes('slave')).length
}

async function every(nodes: readonly RedisServer[], isTrue: (node: RedisServer) => Promise<boolean>): Promise<boolean> {
  return (await Promise.all(nodes.map(isTrue))).every(Boolean)
}
