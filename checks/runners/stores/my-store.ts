import type { SessionStore, StoredSession } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'

export interface MyStoreOptions {
  readonly directory: string
  readonly namespace: string
  readonly maxPayloadBytes: number
}

const directories = new Map<string, Map<string, StoredSession>>()

/** Keeps its records in this process, by directory. */
export function myStore({ directory, ...options }: MyStoreOptions): SessionStore {
  const records = directories.get(directory) ?? new Map()
  directories.set(directory, records)
  return memoryStore({ records, ...options })
}
