import type { SessionStore } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import type { Clock } from '@leeway/core/testing'
import { fileStore } from '@leeway/file'
import { sqliteStore } from '@leeway/sqlite'
import { openRedis } from './redis-place.ts'

const open = {
  memory: () => memoryStore(),
  sqlite: (path) => sqliteStore({ path }),
  file: (directory) => fileStore({ directory }),
  redis: openRedis,
} satisfies Record<string, (place: string, clock?: Pick<Clock, 'now'>) => SessionStore>

export type LeewayKind = keyof typeof open
export type SweptKind = 'sqlite' | 'file'
export type SharedKind = SweptKind | 'redis'

/**
 * Every store goes through every race; those that processes can share also through the races between processes, and
 * those of them that are swept through the races with a sweep. Redis removes sessions by itself: it has a race of its own.
 */
export const leewayKinds: readonly LeewayKind[] = ['memory', 'sqlite', 'file', 'redis']
export const sharedKinds: readonly SharedKind[] = ['sqlite', 'file', 'redis']
export const sweptKinds: readonly SweptKind[] = ['sqlite', 'file']

/**
 * @param place a file, a directory or a server, as `scratchPlaces` gives it; `memory` does without
 * @param clock the one that core is given, where it is given one
 */
export function openStore(kind: LeewayKind, place: string, clock?: Pick<Clock, 'now'>): SessionStore {
  return open[kind](place, clock)
}

export function isSweptKind(kind: string | undefined): kind is SweptKind {
  return sweptKinds.some((swept) => swept === kind)
}

export function isSharedKind(kind: string | undefined): kind is SharedKind {
  return sharedKinds.some((shared) => shared === kind)
}
