import { freePort } from './free-port.ts'
import { inSync } from './redis-replicated.ts'
import { launch, type RedisServer } from './redis-server.ts'
import { serverBinary } from './server-binary.ts'
import { until } from './until.ts'

export interface ClusterOptions {
  /** Default 3. */
  readonly masters?: number
  /** Default 1. */
  readonly replicasPerMaster?: number
  /** How long a node may be silent before the others replace it. Default 1000. */
  readonly nodeTimeoutMs?: number
  readonly args?: readonly string[]
}

/** A slot on its way: half of its keys may be here and half there until it is finished. */
export interface SlotMove {
  /** Moves the keys that are there now. */
  moveKeys(): Promise<void>
  /** Moves the rest, and gives the slot to its new node. */
  finish(): Promise<void>
}

const SLOTS = 16_384
const MIGRATE_TIMEOUT_MS = 5_000

export class RedisCluster {
  readonly nodes: readonly RedisServer[]

  constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes
  }

  get addresses(): { host: string; port: number }[] {
    return this.nodes.map(({ host, port }) => ({ host, port }))
  }

  /** The node that serves the key's slot now, as `asked` (default: any that runs) has it. */
  async masterOf(key: string, asked = this.#running()): Promise<RedisServer> {
    return this.masterOfSlot(Number(await asked.command('CLUSTER', 'KEYSLOT', key)), asked)
  }

  async masterOfSlot(slot: number, asked = this.#running()): Promise<RedisServer> {
    const table = (await asked.command('CLUSTER', 'SLOTS')) as [number, number, [string, number, string]][]
    const range = table.find(([first, last]) => first <= slot && slot <= last)
    if (!range) throw new Error(`nobody serves slot ${slot}`)
    return this.#on(range[2][1])
  }

  async replicaOf(master: RedisServer): Promise<RedisServer> {
    const id = await idOf(master)
    const line = String(await master.command('CLUSTER', 'NODES'))
      .split('\n')
      .find((candidate) => candidate.includes('slave') && candidate.split(' ')[3] === id)
    const port = /:(\d+)@/.exec(line ?? '')?.[1]
    if (port === undefined) throw new Error(`${master.address} has no replica`)
    return this.#on(Number(port))
  }

  /** Begins to move a slot. Until it is finished, keys that have moved are asked for with a redirection. */
  async beginMove(slot: number, to: RedisServer): Promise<SlotMove> {
    const from = await this.masterOfSlot(slot)
    const [fromId, toId] = await Promise.all([idOf(from), idOf(to)])
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId)
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId)
    const moveKeys = async () => {
      for (;;) {
        const keys = (await from.command('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[]
        if (keys.length === 0) return
        await from.command('MIGRATE', to.host, to.port, '', 0, MIGRATE_TIMEOUT_MS, 'KEYS', ...keys)
      }
    }
    return {
      moveKeys,
      finish: async () => {
        await moveKeys()
        await to.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId)
        await from.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId)
        await until('everybody knows who has the slot', async () => {
          const known = await Promise.all(this.#allRunning().map((node) => this.masterOfSlot(slot, node)))
          return known.every((node) => node === to)
        })
      },
    }
  }

  async isHealthy(): Promise<boolean> {
    const states = await Promise.all(this.#allRunning().map((node) => node.command('CLUSTER', 'INFO')))
    return states.every((state) => String(state).includes('cluster_state:ok'))
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #allRunning(): RedisServer[] {
    return this.nodes.filter((node) => node.isRunning)
  }

  #running(): RedisServer {
    const [first] = this.#allRunning()
    if (!first) throw new Error('no node is running')
    return first
  }

  #on(port: number): RedisServer {
    const node = this.nodes.find((candidate) => candidate.port === port)
    if (!node) throw new Error(`nobody started a node on port ${port}`)
    return node
  }
}

/** Starts the nodes and joins them; resolves once all say that all is well and the replicas have everything. */
export async function startCluster(options: ClusterOptions = {}): Promise<RedisCluster> {
  const { masters: masterCount = 3, replicasPerMaster = 1, nodeTimeoutMs = 1_000, args = [] } = options
  const count = masterCount * (1 + replicasPerMaster)
  const nodes = await Promise.all(Array.from({ length: count }, () => startNode(nodeTimeoutMs, args)))
  const [masters, replicas] = [nodes.slice(0, masterCount), nodes.slice(masterCount)]
  const cluster = new RedisCluster(nodes)
  await Promise.all(
    masters.map((node, index) => {
      const first = Math.floor((SLOTS * index) / masterCount)
      const last = Math.floor((SLOTS * (index + 1)) / masterCount) - 1
      return node.command('CLUSTER', 'ADDSLOTSRANGE', first, last)
    }),
  )
  await Promise.all(nodes.map((node, index) => node.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)))
  await Promise.all(nodes.flatMap((node) => nodes.filter((other) => other !== node).map((other) => meet(node, other))))
  await until('all nodes know each other', async () =>
    (await Promise.all(nodes.map(peersOf))).every((n) => n === count),
  )
  await Promise.all(
    replicas.map(async (replica, index) => {
      const master = masters[index % masterCount]
      if (master) await replica.command('CLUSTER', 'REPLICATE', await idOf(master))
    }),
  )
  await Promise.all(replicas.map(inSync))
  await until('the cluster is well', () => cluster.isHealthy())
  await until('all nodes know the replicas', async () => {
    const tables = await Promise.all(nodes.map((node) => node.command('CLUSTER', 'NODES')))
    return tables.every(
      (table) => String(table).split(' slave ').length + String(table).split(',slave ').length - 2 === replicas.length,
    )
  })
  return cluster
}

async function startNode(nodeTimeoutMs: number, args: readonly string[]): Promise<RedisServer> {
  const busPort = await freePort()
  return launch(serverBinary(), (port) => [
    ...['--port', String(port), '--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--save', ''],
    ...['--cluster-node-timeout', String(nodeTimeoutMs), '--repl-diskless-sync-delay', '0', ...args],
  ])
}

async function meet(node: RedisServer, other: RedisServer): Promise<void> {
  const bus = ((await other.command('CONFIG', 'GET', 'cluster-port')) as string[])[1] ?? ''
  await node.command('CLUSTER', 'MEET', other.host, other.port, bus)
}

async function peersOf(node: RedisServer): Promise<number> {
  const table = String(await node.command('CLUSTER', 'NODES'))
  return table.split('\n').filter((line) => line !== '' && line.includes(' connected') && !line.includes('handshake'))
    .length
}

async function idOf(node: RedisServer): Promise<string> {
  return String(await node.command('CLUSTER', 'MYID'))
}
