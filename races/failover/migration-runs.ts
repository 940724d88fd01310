import { setTimeout as delay } from 'node:timers/promises'
import { isLeewayError, type SessionStore } from '@leeway/core'
import type { RedisCluster } from '@leeway/testing'
import { Contestant, clusterClient, contest, type Mode } from './contestants.ts'
import { owners } from './load.ts'
import type { Row } from './row.ts'

/** How lists of all sessions went. */
export interface Lists {
  complete: number
  /** By code. */
  readonly failed: Record<string, number>
  /** Sessions that were there throughout and were not in a list that was answered. */
  missed: number
}

const SESSIONS = 2
const MOVED_OWNERS = owners.slice(0, 2)
/** A list of each store begins so often. */
const LIST_PACE_MS = 50
/** Acknowledged writes of each between two steps. */
const MEANWHILE = 60

/** Slots with sessions and slots with owners' sets move to another master, in steps, under load. */
export async function migrationRun(
  cluster: RedisCluster,
  modes: readonly Mode[],
): Promise<{ rows: Row[]; during: Lists; afterwards: Lists }> {
  const contestants = modes.map(
    (mode, n) => new Contestant((of) => clusterClient(cluster.addresses, of), mode, `move-${n}:`),
  )
  const [during, afterwards] = [noLists(), noLists()]
  const rows = await contest(contestants, 'Cluster, slots move', async () => {
    const startedAt = performance.now()
    const slots = await slotsOf(cluster, contestants)
    const more = () => Promise.all(contestants.map(({ load }) => load.more(MEANWHILE)))
    const moved = (async () => {
      const begun = slots.map(async (slot) => cluster.beginMove(slot, await otherMaster(cluster, slot)))
      const moves = await Promise.all(begun)
      await more()
      // One after the other: two servers that send keys to each other at once both wait.
      for (const move of moves) await move.moveKeys()
      await more()
      for (const move of moves) await move.finish()
    })()
    let isMoving = true
    const ended = () => {
      isMoving = false
    }
    moved.then(ended, ended)
    const list = async (one: Contestant) => {
      while (isMoving) await Promise.all([listOnce(one, during), delay(LIST_PACE_MS)])
    }
    await Promise.all([moved, ...contestants.map(list)])
    await more()
    for (const one of contestants) await listOnce(one, afterwards)
    return startedAt
  })
  return { rows, during, afterwards }
}

async function slotsOf(cluster: RedisCluster, contestants: readonly Contestant[]): Promise<number[]> {
  const keys = contestants.flatMap(({ load, prefix }) =>
    [...load.expected().slice(0, SESSIONS), ...MOVED_OWNERS.map((owner) => `owner:${owner}`)].map(
      (name) => `${prefix}default:${name}`,
    ),
  )
  return [...new Set(await Promise.all(keys.map((key) => cluster.keySlot(key))))]
}

async function otherMaster(cluster: RedisCluster, slot: number) {
  const [from, ...candidates] = [await cluster.masterOfSlot(slot), ...(await mastersOf(cluster))]
  const other = candidates.filter((node) => node !== from)[slot % 2]
  if (!other) throw new Error('there are three masters')
  return other
}

async function mastersOf(cluster: RedisCluster) {
  const roles = await Promise.all(cluster.nodes.map(async (node) => String(await node.command('ROLE'))))
  return cluster.nodes.filter((_, n) => roles[n]?.startsWith('master'))
}

async function listOnce({ load, store }: Contestant, lists: Lists): Promise<void> {
  const before = load.expected()
  try {
    const listed = await listAll(store)
    const after = new Set(load.expected())
    lists.complete++
    lists.missed += before.filter((id) => after.has(id) && !listed.has(id)).length
  } catch (error) {
    const code = isLeewayError(error) ? error.code : String(error)
    lists.failed[code] = (lists.failed[code] ?? 0) + 1
  }
}

async function listAll(store: SessionStore): Promise<Set<string>> {
  const ids = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await store.list?.({ limit: 50, cursor })
    for (const { id } of page?.sessions ?? []) ids.add(id)
    cursor = page?.cursor
  } while (cursor !== undefined)
  return ids
}

function noLists(): Lists {
  return { complete: 0, failed: {}, missed: 0 }
}
