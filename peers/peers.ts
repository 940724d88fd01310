import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { memoryStorePeer, memorystorePeer } from './in-process.ts'
import { betterSqlitePeer, connectSqlitePeer, fileStorePeer } from './on-disk.ts'
import { connectPgPeer, connectRedisPeer } from './on-servers.ts'
import type { Peer } from './peer.ts'

/** In the order of the table. */
export const peers: readonly Peer[] = [
  memoryStorePeer,
  memorystorePeer,
  fileStorePeer,
  connectSqlitePeer,
  betterSqlitePeer,
  connectRedisPeer,
  connectPgPeer,
]

/** The version of a package as it is installed for `load`, if it is. */
export function versionOf(name: string, load: NodeJS.Require): string | undefined {
  for (const folder of load.resolve.paths(name) ?? []) {
    try {
      return JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version
    } catch {
      // Looked for in the next folder.
    }
  }
  return undefined
}
