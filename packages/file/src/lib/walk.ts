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
}

/** What is in the shards behind a cursor, in order, some at a time. */
export async function* walk(
  disk: Disk,
  layout: Layout,
  cursor: string,
  { atMost = () => TOGETHER, empty = async () => {} }: Walker = {},
): AsyncGenerator<readonly Entry[]> {
  const names = (await disk.names(layout.sessions)).sort()
  const shards = names.filter((name) => shardPattern.test(name) && `${name}${END}` > cursor)
  for (let next = 0; next < shards.length; next += TOGETHER) {
    const read = shards.slice(next, next + TOGETHER).map((shard) => entriesOf(disk, layout, shard, empty))
    const entries = (await Promise.all(read)).flat().filter((entry) => entry.cursor > cursor)
    for (let at = 0; at < entries.length; ) {
      const part = entries.slice(at, at + Math.min(TOGETHER, atMost()))
      yield part
      at += part.length
    }
  }
}

async function entriesOf(
  disk: Disk,
  layout: Layout,
  shard: string,
  empty: (path: string) => Promise<void>,
): Promise<Entry[]> {
  const path = layout.shard(shard)
  try {
    const names = await disk.names(path)
    if (names.length === 0) await empty(path)
    return names.sort().map((name) => ({ name, path: `${path}/${name}`, cursor: `${shard}${name}` }))
  } catch (error) {
    if (isNothing(error)) return []
    throw error
  }
}
