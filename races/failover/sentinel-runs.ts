import type { SessionStore } from '@leeway/core'
import { type RedisServer, type ReplicatedRedis, startReplicated, until } from '@leeway/testing'
import { sessionId } from '@leeway/testing/records'
import { holdBack } from './cluster-runs.ts'
import { Contestant, contest, type Mode, sentinelClient } from './contestants.ts'
import type { Row } from './row.ts'

/** `standing still`: the primary answers nothing, is replaced, and goes on as if nothing had happened. */
export type Failure = 'killed' | 'killed with its replica behind' | 'standing still for a while'

export async function sentinelRun(
  failure: Failure,
  modes: readonly Mode[],
  args: readonly string[] = [],
): Promise<Row[]> {
  await using servers = await startReplicated({ args })
  const { primary, replicas, sentinelAddresses, name } = servers
  const [replica] = replicas
  if (!replica) throw new Error('there is a replica')
  const contestants = modes.map((mode, n) => {
    return new Contestant((of) => sentinelClient(sentinelAddresses, name, of), mode, `${failure}-${n}:`)
  })
  const setup = args.length > 0 ? `, ${args.join(' ').replace(/^--/, '').replaceAll(' --', ', ')}` : ''
  return await contest(contestants, `Sentinel${setup}, primary ${failure}`, async (loads) => {
    if (failure === 'killed with its replica behind') await holdBack(primary, replica, loads)
    const failedAt = performance.now()
    if (failure === 'standing still for a while') await standStill(servers, replica, loads)
    else await primary.kill()
    if (!replica.isAwake) replica.resume()
    await until('the replica is the primary', async () => await isPrimary(servers, replica))
    if (!primary.isRunning) await primary.restart()
    await until('the old primary follows', () => isFollowing(primary))
    return failedAt
  })
}

async function standStill(servers: ReplicatedRedis, replica: RedisServer, loads: readonly Contestant[]): Promise<void> {
  const { primary } = servers
  await primary.pause()
  await until('the replica is the primary', () => isPrimary(servers, replica))
  const followers = loads.filter(({ mode }) => mode.failoverDetector || mode.socketTimeoutMs !== undefined)
  await Promise.all(followers.map(({ load }) => load.well('load')))
  for (const { writer } of loads) {
    if (writer) await until('the writer has left', () => answers(writer))
  }
  primary.resume()
}

async function answers(store: SessionStore): Promise<boolean> {
  return store.load(sessionId(0)).then(
    () => true,
    () => false,
  )
}

async function isPrimary(servers: ReplicatedRedis, server: RedisServer): Promise<boolean> {
  return (await servers.primaryNow()) === server && String(await server.command('ROLE')).startsWith('master')
}

async function isFollowing(server: RedisServer): Promise<boolean> {
  return String(await server.command('INFO', 'replication')).includes('master_link_status:up')
}
