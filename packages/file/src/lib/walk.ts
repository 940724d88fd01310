import type { Disk } from './disk.ts'
import { isNothing } from './failures.ts'
import type { Layout } from './layout.ts'

/** So many records are looked at at once: enough to keep the disk busy, few enough to leave room for others. */
export const TOGETHER = 4

const shardPattern = /^[a-z0-9]{2}$/
/** Behind every name that is in a shard. */
const END = '~'

interface Entry {
  /** Of a session, of something unfinished, or of somebody else's file. */
  readonly name: string
  readonly path: string
  /** Where to go on behind it. */
  readonly cursor: string
}

interface Walker {
  /** How many entries may come next. */
  atMost?(): number
  /** Is told of each shard that has nothing in it. */
  empty?(path: string): Promise<void>
  /** Is told of a shard that cannot be read; without it, the walk ends with that. */
  unreadable?(error: unknown): void
}

/** What is in the shards behind a cursor, in order, some at a time. */
export async function* walk(
  disk: Disk,
  layout: Layout,
  cursor: string,
  walker: Walker = {},
): AsyncGenerator<readonly Entry[]> {
  const { atMost = () => TOGETHER } = walker
  const names = (await disk.names(layout.sessions)).sort()
  const shards = names.filter((name) => shardPattern.test(name) && `${name}${END}` > cursor)
  for (let next = 0; next < shards.length; next += TOGETHER) {
    const read = shards.slice(next, next + TOGETHER).map((shard) => entriesOf(disk, layout, shard, walker))
    const entries = (await all(read)).flat().filter((entry) => entry.cursor > cursor)
    for (let at = 0; at < entries.length; ) {
      const part = entries.slice(at, at + Math.min(TOGETHER, atMost()))
      yield part
      at += part.length
    }
  }
}

/** All of them, once all have ended: none runs on where one fails. */
export async function all<T>(looks: readonly Promise<T>[]): Promise<T[]> {
  const ended = await Promise.allSettled(looks)
  return ended.map((look) => {
    if (look.status === 'rejected') throw look.reason
    return look.value
  })
}

async function entriesOf(disk: Disk, layout: Layout, shard: string, { empty, unreadable }: Walker): Promise<Entry[]> {
  const path = layout.shard(shard)
  try {
    const names = await disk.names(path)
    if (names.length === 0) await empty?.(path)
    return names.sort().map((name) => ({ name, path: `${path}/${name}`, cursor: `${shard}${name}` }))
  } catch (error) {
    if (!isNothing(error)) {
      if (!unreadable) throw error
      unreadable(error)
    }
    return []
  }
}
