import fs from 'node:fs'
import type { FileSystem } from '../lib/file-system.ts'

type Method = (...given: unknown[]) => void

/** The calls that the operations of an open store make, but for closing a file, which changes nothing for anybody. */
const METHODS = [
  'open',
  'read',
  'write',
  'fsync',
  'readdir',
  'stat',
  'access',
  'mkdir',
  'rename',
  'unlink',
  'rmdir',
] as const

export type FileCall = (typeof METHODS)[number]

/**
 * `node:fs`, with something that happens before each call of an open store: it may wait, or throw what the call is then
 * answered with.
 *
 * @param before is given the call's name and what it was called with, the callback left out
 */
export function watchedFs(before: (call: FileCall, given: readonly unknown[]) => Promise<void>): FileSystem {
  const watched: Record<string, Method> = {}
  for (const name of METHODS) {
    const method = fs[name] as unknown as Method
    watched[name] = (...given) => {
      const callback = given.pop() as (error: unknown) => void
      before(name, given).then(() => method(...given, callback), callback)
    }
  }
  return { ...fs, ...watched }
}
