import { idOf, nodesKnownTo, ownerOfSlot, serves } from './known-nodes.ts'
import type { RedisServer } from './redis-server.ts'
import { isInSync } from './replication.ts'
import { stopAll } from './start-redis.ts'
import { until } from './until.ts'

/** A slot on its way: half of its keys may be here and half there until it is finished. */
export interface SlotMove {
  readonly from: RedisServer
  /** Moves the keys that are there now. */
  moveKeys(): Promise<void>
  /** Moves the rest, and gives the slot to its new node. Resolves once every node knows. */
  finish(): Promise<void>
}

const MIGRATE_TIMEOUT_MS = 5_000

/** A cluster, and what a test has to ask and tell its nodes. */
export class RedisCluster {
  /** The masters that it began with come first, then the replicas. */
  readonly nodes: readonly RedisServer[]

  constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes
  }

  get addresses(): { host: string; port: number }[] {
    return this.nodes.map(({ host, port }) => ({ host, port }))
  }

  async keySlot(key: string): Promise<number> {
    return Number(await this.#awake()[0]?.command('CLUSTER', 'KEYSLOT', key))
  }

  /** The node that serves the key's slot; during a failover, resolves once there is one. */
  async masterOf(key: string): Promise<RedisServer> {
    return this.masterOfSlot(await this.keySlot(key))
  }

  /** The node that serves the slot; during a failover, resolves once there is one. */
  async masterOfSlot(slot: number): Promise<RedisServer> {
    let master: RedisServer | undefined
    await until(`somebody serves slot ${slot}`, async () => {
      const claims = await Promise.all(this.#awake().map((node) => claimOf(node, slot)))
      // One that has been away may still claim what another has got since, with a later epoch.
      master = claims.filter((claim) => claim !== undefined).sort((one, other) => other.epoch - one.epoch)[0]?.node
      return master !== undefined
    })
    return master as RedisServer
  }

  /** A replica of this node that is awake and has all that it has; after a failover, resolves once there is one. */
  async replicaOf(master: RedisServer): Promise<RedisServer> {
    const id = await idOf(master)
    let replica: RedisServer | undefined
    await until(`${master.address} has a replica`, async () => {
      const known = (await nodesKnownTo(master)).filter(
        ({ flags, masterId }) => flags.includes('slave') && masterId === id,
      )
      replica = this.nodes.find((node) => node.isAwake && known.some(({ port }) => port === node.port))
      return replica !== undefined && (await isInSync(replica))
    })
    return replica as RedisServer
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
    const finish = async () => {
      await moveKeys()
      await to.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId)
      await from.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId)
      await until('everybody knows who has the slot', async () => {
        const owners = await Promise.all(this.#awake().map(async (node) => ownerOfSlot(await nodesKnownTo(node), slot)))
        return owners.every((owner) => owner?.port === to.port)
      })
    }
    return { from, moveKeys, finish }
  }

  /** That every node that is awake says so. A node that has just died is not missed yet. */
  async isHealthy(): Promise<boolean> {
    return (await Promise.all(this.#awake().map(isWell))).every(Boolean)
  }

  async stop(): Promise<void> {
    await stopAll(this.nodes)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #awake(): RedisServer[] {
    const awake = this.nodes.filter((node) => node.isAwake)
    if (awake.length === 0) throw new Error('no node is awake')
    return awake
  }
}

/** What a node says that it serves itself. */
async function claimOf(node: RedisServer, slot: number): Promise<{ node: RedisServer; epoch: number } | undefined> {
  const own = (await nodesKnownTo(node)).find(({ flags }) => flags.includes('myself'))
  if (!own?.flags.includes('master') || !serves(own, slot)) return undefined
  return (await isWell(node)) ? { node, epoch: own.epoch } : undefined
}

async function isWell(node: RedisServer): Promise<boolean> {
  return String(await node.command('CLUSTER', 'INFO')).includes('cluster_state:ok')
}
