import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { contenders, newId } from './file-contenders.ts'
import { each, flush } from './file-turns.ts'

/**
 * Prints what a session takes on the disk, all directories included, by filling a directory and walking it. Raw is one file
 * a session in one directory, as session-file-store and unstorage have it.
 */
export async function footprint(directory: string, sessions: number): Promise<void> {
  console.log(`\nOn the disk, for each of ${sessions} sessions`)
  for (const [size, payload] of Object.entries({ '300 B': 'x'.repeat(300), '8 KB': 'x'.repeat(8_000) })) {
    for (const name of ['leeway', 'leeway, owned', 'raw']) {
      const place = join(directory, `footprint ${name} ${size}`)
      const contender = contenders[name]?.(place, payload)
      await each(sessions, async () => contender?.create(newId()))
      await contender?.close()
      flush(directory)
      const taken = walk(place)
      const [inodes, bytes] = [taken.inodes / sessions, taken.bytes / sessions]
      console.log(`  ${size.padEnd(5)} ${name.padEnd(13)} ${inodes.toFixed(2)} inodes, ${bytes.toFixed()} bytes`)
    }
  }
}

function walk(path: string): { inodes: number; bytes: number } {
  const stats = lstatSync(path)
  const all = { inodes: 1, bytes: stats.blocks * 512 }
  if (!stats.isDirectory()) return all
  for (const name of readdirSync(path)) {
    const { inodes, bytes } = walk(join(path, name))
    all.inodes += inodes
    all.bytes += bytes
  }
  return all
}
