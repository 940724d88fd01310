import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { launch, type RedisServer, startRedis } from './redis-server.ts'
import { serverBinary } from './server-binary.ts'
import { until } from './until.ts'

export interface ReplicatedOptions {
  /** Default 1. */
  readonly replicas?: number
  /** Default 3; two of them decide. 0 for replicas without Sentinels. */
  readonly sentinels?: number
  readonly args?: readonly string[]
}

const NAME = 'leeway'
const DOWN_AFTER_MS = 500
const FAILOVER_TIMEOUT_MS = 3_000

/** A primary with replicas, and Sentinels that replace it when it fails. */
export class ReplicatedRedis {
  /** What the Sentinels call it. */
  readonly name = NAME
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

  /** The server that the Sentinels take for the primary now. */
  async primaryNow(): Promise<RedisServer> {
    const reply = (await this.sentinels[0]?.command('SENTINEL', 'get-master-addr-by-name', NAME)) as string[]
    const found = [this.primary, ...this.replicas].find(({ port }) => port === Number(reply[1]))
    if (!found) throw new Error(`the primary is ${reply.join(':')}, which nobody started`)
    return found
  }

  async stop(): Promise<void> {
    await Promise.all([...this.sentinels, this.primary, ...this.replicas].map((server) => server.stop()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** Starts all of them; resolves once the replicas have everything and the Sentinels know each other. */
export async function startReplicated(options: ReplicatedOptions = {}): Promise<ReplicatedRedis> {
  const { replicas: replicaCount = 1, sentinels: sentinelCount = 3, args = [] } = options
  const primary = await startRedis({ args })
  const replicaArgs = ['--replicaof', primary.host, String(primary.port), '--repl-diskless-sync-delay', '0', ...args]
  const replicas = await Promise.all(times(replicaCount, () => startRedis({ args: replicaArgs })))
  await Promise.all(replicas.map(inSync))
  const sentinels = await Promise.all(times(sentinelCount, () => startSentinel(primary)))
  for (const sentinel of sentinels) {
    // They look around every ten seconds and introduce themselves every two, unless told to hurry.
    await sentinel.command('SENTINEL', 'DEBUG', 'INFO-PERIOD', 200, 'PUBLISH-PERIOD', 200)
  }
  const isReady = (sentinel: RedisServer) => knows(sentinel, replicaCount, sentinelCount)
  await Promise.all(sentinels.map((sentinel) => until('the Sentinels know everyone', () => isReady(sentinel))))
  return new ReplicatedRedis(primary, replicas, sentinels)
}

export function inSync(replica: RedisServer): Promise<void> {
  return until(`${replica.address} is in sync`, async () =>
    /^master_link_status:up/m.test(String(await replica.command('INFO', 'replication'))),
  )
}

/** A Sentinel keeps its state in its configuration file. */
function startSentinel(primary: RedisServer): Promise<RedisServer> {
  const lines = [
    `sentinel monitor ${NAME} ${primary.host} ${primary.port} 2`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} ${FAILOVER_TIMEOUT_MS}`,
  ]
  return launch(serverBinary(), (port, directory) => {
    const path = join(directory, 'sentinel.conf')
    writeFileSync(path, lines.join('\n'))
    return [path, '--sentinel', '--port', String(port)]
  })
}

async function knows(sentinel: RedisServer, replicas: number, sentinels: number): Promise<boolean> {
  const info = String(await sentinel.command('INFO', 'sentinel'))
  return info.includes(`status=ok`) && info.includes(`slaves=${replicas},sentinels=${sentinels}`)
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}
