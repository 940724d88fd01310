import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SessionStore } from '@leeway/core'
import { fileStore } from '@leeway/file'
import { sqliteStore } from '@leeway/sqlite'
import { openRedis } from './redis.ts'

/** Where the sessions are: this line chooses, unless `LEEWAY_STORE` does. */
const chosen = process.env.LEEWAY_STORE ?? 'sqlite'

const stores = new Map([
  ['sqlite', async () => at(process.env.LEEWAY_DB ?? inData('sessions.db'), (path) => sqliteStore({ path }))],
  ['file', async () => at(process.env.LEEWAY_DIR ?? inData('sessions'), (directory) => fileStore({ directory }))],
  ['redis', () => openRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379')],
])

/** The chosen store, and where it keeps its sessions. */
export async function openStore(): Promise<{ readonly store: SessionStore; readonly path: string }> {
  const open = stores.get(chosen)
  if (!open) throw new Error(`LEEWAY_STORE is ${[...stores.keys()].join(' or ')}, and not ${JSON.stringify(chosen)}`)
  return open()
}

function at(path: string, open: (path: string) => SessionStore) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  return { store: open(path), path }
}

function inData(name: string): string {
  return fileURLToPath(new URL(`../.data/${name}`, import.meta.url))
}
