import type { RedisServer } from './redis-server.ts'
import { inSync, SYNC_AT_ONCE } from './replication.ts'
import { launch, launchAll, startRedis, stopAll } from './start-redis.ts'
import { until } from './until.ts'

export interface ReplicatedOptions {
  /** Default 1. */
  readonly replicas?: number
  /** Default 3; two of them decide. 0 for replicas without Sentinels. */
  readonly sentinels?: number
  /** More arguments of the primary and its replicas. */
  readonly args?: readonly string[]
}

const NAME = 'leeway'
const QUORUM = 2
const DOWN_AFTER_MS = 500
/** Sentinels that see the failure at the same moment all vote for themselves and try again after two timeouts. */
const DOWN_AFTER_STEP_MS = 300
const FAILOVER_TIMEOUT_MS = 3_000

/** A primary with replicas, and Sentinels that replace it when it fails. */
export class ReplicatedRedis {
  /** What the Sentinels call it. */
  readonly name = NAME
  /** The one that began as the primary. */
  readonly primary: RedisServer
  readonly replicas: readonly RedisServer[]
  readonly sentinels: readonly RedisServer[]

  constructor(primary: RedisServer, replicas: readonly RedisServer[], sentinels: readonly RedisServer[]) {
    this.primary = primary
    this.replicas = replicas
    this.sentinels = sentinels
  }

  get sentinelAddresses(): { host: string; port: number }[] {
    return this.sentinels.map(({ host, port }) => ({ host, port }))
  }

  /** The server that the Sentinels take for the primary now, as the first of them that is awake says. */
  async primaryNow(): Promise<RedisServer> {
    const sentinel = this.sentinels.find(({ isAwake }) => isAwake)
    if (!sentinel) throw new Error('no Sentinel is awake')
    const reply = (await sentinel.command('SENTINEL', 'get-master-addr-by-name', NAME)) as string[]
    const found = [this.primary, ...this.replicas].find(({ port }) => port === Number(reply[1]))
    if (!found) throw new Error(`the primary is ${reply.join(':')}, which nobody started`)
    return found
  }

  async stop(): Promise<void> {
    await stopAll([...this.sentinels, this.primary, ...this.replicas])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** Starts all of them; resolves once the replicas have everything and the Sentinels know each other. */
export async function startReplicated(options: ReplicatedOptions = {}): Promise<ReplicatedRedis> {
  const { replicas: replicaCount = 1, sentinels: sentinelCount = 3 } = options
  const args = [...SYNC_AT_ONCE, ...(options.args ?? [])]
  const primary = await startRedis({ args })
  const replicaArgs = ['--replicaof', primary.host, String(primary.port), ...args]
  const started = [primary]
  try {
    const replicas = await launchAll(times(replicaCount, () => startRedis({ args: replicaArgs })))
    started.push(...replicas)
    await Promise.all(replicas.map(inSync))
    const sentinels = await launchAll(times(sentinelCount, (n) => startSentinel(primary, n)))
    started.push(...sentinels)
    await Promise.all(sentinels.map((sentinel) => acquainted(sentinel, replicaCount, sentinelCount)))
    return new ReplicatedRedis(primary, replicas, sentinels)
  } catch (error) {
    await stopAll(started)
    throw error
  }
}

function startSentinel(primary: RedisServer, n: number): Promise<RedisServer> {
  const args = [
    ...['--sentinel', 'monitor', NAME, primary.host, primary.port, QUORUM],
    ...['--sentinel', 'down-after-milliseconds', NAME, DOWN_AFTER_MS + n * DOWN_AFTER_STEP_MS],
    ...['--sentinel', 'failover-timeout', NAME, FAILOVER_TIMEOUT_MS],
  ].map(String)
  return launch(() => args, { flags: ['--sentinel'] })
}

/** Resolves once the Sentinel knows the replicas and the other Sentinels. */
async function acquainted(sentinel: RedisServer, replicas: number, sentinels: number): Promise<void> {
  // They look around every ten seconds and introduce themselves every two, unless told to hurry.
  await sentinel.command('SENTINEL', 'DEBUG', 'INFO-PERIOD', 200, 'PUBLISH-PERIOD', 200)
  await until('the Sentinels know everyone', async () => {
    const info = String(await sentinel.command('INFO', 'sentinel'))
    return info.includes('status=ok') && info.includes(`slaves=${replicas},sentinels=${sentinels}`)
  })
}

function times<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, n) => make(n))
}
