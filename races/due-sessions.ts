import * as fs from 'node:fs'
import { basename, dirname } from 'node:path'
import type { StoredSession } from '@leeway/core'
import { isSessionId } from '@leeway/core/adapter'
import { type FileSystem, fileStore } from '@leeway/file'
import { NaiveFileStore } from './naive-file-store.ts'

const DUE_AT = 1_000
const NOW = 2_000
const RENEWED_UNTIL = 3_000

/** Sessions on files that are due from the start, and the two moments at which a save and a sweep of one can meet. */
export interface DueSessions {
  start(id: string): Promise<void>
  /** @param atRename is told that what was written is about to count */
  renew(id: string, atRename: () => void): Promise<'acknowledged' | 'gone'>
  /** Resolves with whether a later request finds it, renewed. */
  isRenewed(id: string): Promise<boolean>
  destroy(id: string): Promise<void>
  /**
   * One pass; resolves with how many it removed.
   *
   * @param checked is told of each session, once, when the pass knows that it is due and has yet to remove it
   */
  sweep(checked: (id: string) => Promise<void>): Promise<number>
  close(): Promise<void>
}

export function dueSessions(kind: string | undefined, directory: string): DueSessions {
  return kind === 'naive' ? naive(directory) : leeway(directory)
}

function leeway(directory: string): DueSessions {
  const renames = new Map<string, () => void>()
  const seen = new Set<string>()
  let tell: ((id: string) => Promise<void>) | undefined
  const watched: FileSystem = {
    ...fs,
    rename(from, to, done) {
      renames.get(basename(dirname(from)))?.()
      fs.rename(from, to, done)
    },
    // The names in a session's directory are what the sweep decides by.
    readdir(path, done) {
      const id = basename(path)
      fs.readdir(path, (error, names) => {
        if (error || tell === undefined || !isSessionId(id) || seen.has(id)) return done(error, names)
        seen.add(id)
        tell(id).then(
          () => done(null, names),
          (failed: Error) => done(failed, []),
        )
      })
    },
  }
  const store = fileStore({ directory, fs: watched })
  const due = (id: string): StoredSession => ({
    id,
    version: 'due'.padEnd(16, '_'),
    payload: 'due',
    owner: null,
    expiresAt: DUE_AT,
    purgeAt: DUE_AT,
  })
  const renewed = (id: string): StoredSession => ({
    ...due(id),
    version: 'renewed'.padEnd(16, '_'),
    payload: 'renewed',
    expiresAt: RENEWED_UNTIL,
    purgeAt: RENEWED_UNTIL,
  })
  return {
    async start(id) {
      if ((await store.create(due(id))) !== 'created') throw new Error(`${id} exists`)
    },
    async renew(id, atRename) {
      renames.set(id, atRename)
      const answer = await store.update(renewed(id), due(id).version)
      renames.delete(id)
      if (answer === 'conflict') throw new Error(`nobody else saves ${id}`)
      return answer === 'saved' ? 'acknowledged' : 'gone'
    },
    isRenewed: async (id) => (await store.load(id))?.payload === 'renewed',
    destroy: async (id) => void (await store.destroy(id)),
    async sweep(checked) {
      tell = checked
      return (await store.sweep({ cutoff: NOW, limit: 100_000, budgetMs: 100_000 })).removed
    },
    close: () => store.close(),
  }
}

function naive(directory: string): DueSessions {
  const store = new NaiveFileStore(directory)
  return {
    start: (id) => store.set(id, 'due', DUE_AT),
    async renew(id, atRename) {
      await store.set(id, 'renewed', RENEWED_UNTIL, atRename)
      return 'acknowledged'
    },
    isRenewed: async (id) => (await store.get(id, NOW)) === 'renewed',
    destroy: (id) => store.destroy(id),
    sweep: (checked) => store.sweep(NOW, checked),
    close: async () => {},
  }
}
