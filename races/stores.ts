import type { SessionStore } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { fileStore } from '@leeway/file'
import { sqliteStore } from '@leeway/sqlite'

const open = {
  memory: () => memoryStore(),
  sqlite: (path) => sqliteStore({ path }),
  file: (directory) => fileStore({ directory }),
} satisfies Record<string, (path: string) => SessionStore>

export type LeewayKind = keyof typeof open
export type SharedKind = 'sqlite' | 'file'

/** Every store goes through every race; those that processes can share also through the races between processes. */
export const leewayKinds: readonly LeewayKind[] = ['memory', 'sqlite', 'file']
export const sharedKinds: readonly SharedKind[] = ['sqlite', 'file']

/** @param path where it is kept, a file or a directory; `memory` does without */
export function openStore(kind: LeewayKind, path: string): SessionStore {
  return open[kind](path)
}

export function isSharedKind(kind: string | undefined): kind is SharedKind {
  return sharedKinds.some((shared) => shared === kind)
}
