import { createHash } from 'node:crypto'
import type { RedisClient } from './client.ts'
import type { Keys } from './keys.ts'

const SLOTS = 16_384

export interface Servers {
  /** The servers that hold keys, in an order that stays. */
  readonly nodes: readonly RedisClient[]
  /** Another text once a server has restarted or been replaced, or a slot has moved. */
  readonly state: string
}

interface Member {
  readonly node: RedisClient
  readonly name: string
  readonly slots: number
}

/** Which servers hold keys now. A server's own cursors mean nothing to another, nor to the same one after a restart. */
export async function lookAt(client: RedisClient, keys: Keys): Promise<Servers> {
  // A cluster's client knows its servers once it is connected, for which it needs something to do.
  if (client.nodes?.('master').length === 0) await client.getrange(keys.session(''), 0, 0)
  const members = client.nodes ? await Promise.all(client.nodes('master').map(memberOf)) : [await aloneOf(client)]
  members.sort((one, other) => (one.name < other.name ? -1 : 1))
  if (members.reduce((sum, { slots }) => sum + slots, 0) !== SLOTS) {
    throw new Error('not all slots of the cluster are served by servers that the client knows')
  }
  const state = createHash('sha1')
    .update(members.map(({ name }) => name).join('\n'))
    .digest('base64url')
  return { nodes: members.map(({ node }) => node), state }
}

async function aloneOf(node: RedisClient): Promise<Member> {
  return { node, name: await runOf(node), slots: SLOTS }
}

/** A slot on its way (`[93-<-...]`) shows in the line that a server prints of itself, and so in its name here. */
async function memberOf(node: RedisClient): Promise<Member> {
  const [run, table] = await Promise.all([runOf(node), node.cluster?.('NODES')])
  const own = String(table)
    .split('\n')
    .find((line) => line.split(' ')[2]?.includes('myself'))
  const [id = '', , , , , , , , ...ranges] = own?.split(' ') ?? []
  if (ranges.some((range) => range.startsWith('['))) throw new Error('a slot of the cluster is being moved')
  return { node, name: [id, run, ...ranges].join(' '), slots: ranges.reduce((sum, range) => sum + sizeOf(range), 0) }
}

function sizeOf(range: string): number {
  const [first, last = first] = range.split('-').map(Number)
  return Number(last) - Number(first) + 1
}

async function runOf(node: RedisClient): Promise<string> {
  return /^run_id:(\w+)/m.exec((await node.info?.('server')) ?? '')?.[1] ?? ''
}
