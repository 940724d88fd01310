import type { RedisServer } from './redis-server.ts'

/** A line of `CLUSTER NODES`. */
export interface KnownNode {
  readonly port: number
  readonly flags: readonly string[]
  readonly masterId: string
  readonly epoch: number
  readonly isConnected: boolean
  /** Each is one slot, a range, or one that moves, in brackets. */
  readonly slots: readonly string[]
}

export async function nodesKnownTo(node: RedisServer): Promise<KnownNode[]> {
  const table = String(await node.command('CLUSTER', 'NODES'))
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [, address = '', flags = '', masterId = '', , , epoch, link, ...slots] = line.split(' ')
      const port = Number(/:(\d+)@/.exec(address)?.[1])
      return { port, flags: flags.split(','), masterId, epoch: Number(epoch), isConnected: link === 'connected', slots }
    })
}

export async function idOf(node: RedisServer): Promise<string> {
  return String(await node.command('CLUSTER', 'MYID'))
}

export function ownerOfSlot(known: readonly KnownNode[], slot: number): KnownNode | undefined {
  return known.find((node) => serves(node, slot))
}

export function serves({ slots }: KnownNode, slot: number): boolean {
  return slots.some((range) => {
    const [first, last = first] = range.split('-').map(Number)
    return first !== undefined && last !== undefined && first <= slot && slot <= last
  })
}
