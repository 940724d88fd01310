import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import { memoryStore } from '@leeway/core/memory'
import { defineSubject, type OpenOptions } from '../src/index.ts'

/** What is wrong with the store; it is named in the query of this module's URL. */
export type SharedFault = 'a lock of its own' | 'a cache of its own' | 'takes records away' | 'a lock for good' | 'none'

const fault = (new URL(import.meta.url).searchParams.get('fault') ?? 'none') as SharedFault

/** One turn after another in this process, whatever the handle. */
let turn: Promise<unknown> = Promise.resolve()
/** What this process has read. */
const cache = new Map<string, StoredSession>()

/** Records as files that the processes of a machine share; a directory is the lock on all of them. */
export default defineSubject({ name: `shared files, ${fault}`, module: import.meta.url, open })

function open({ scratch, namespace, maxPayloadBytes, step }: OpenOptions): SessionStore {
  const directory = join(scratch, namespace)
  mkdirSync(directory, { recursive: true })

  /** Reads all records, lets a store in memory decide, and writes what it has changed. */
  async function locked<T>(work: (store: SessionStore) => Promise<T>): Promise<T> {
    await step('lock')
    const unlock = fault === 'a lock of its own' ? () => {} : await lock(directory)
    try {
      const before = readAll(directory, `${namespace}:`)
      const isTaken = fault === 'takes records away'
      if (isTaken) for (const key of before.keys()) remove(key)
      await step('take')
      await step('decide')
      const records = new Map(before)
      const answer = await work(memoryStore({ records, namespace, maxPayloadBytes }))
      await step('write')
      for (const [key, record] of records) if (isTaken || before.get(key) !== record) write(key, record)
      for (const key of before.keys()) if (!records.has(key)) remove(key)
      return answer
    } finally {
      unlock()
    }
  }

  function write(key: string, record: StoredSession): void {
    const draft = join(directory, `${process.pid}.draft`)
    writeFileSync(draft, JSON.stringify(record))
    renameSync(draft, pathOf(directory, key))
  }

  const remove = (key: string): void => rmSync(pathOf(directory, key), { force: true })

  const inTurn = <T>(work: (store: SessionStore) => Promise<T>): Promise<T> => {
    const mine = turn.then(() => locked(work))
    turn = mine.catch(() => {})
    return mine
  }
  const { capabilities } = memoryStore({ maxPayloadBytes })
  return {
    capabilities: Object.freeze({ ...capabilities, survives: 'process-crash', sharedBy: 'host', list: false }),
    create: (session) => inTurn((store) => store.create(session)),
    async load(id) {
      const cached = fault === 'a cache of its own' ? cache.get(id) : undefined
      if (cached) return { ...cached }
      const loaded = await inTurn((store) => store.load(id))
      if (loaded) cache.set(id, loaded)
      return loaded
    },
    update: (session, expected) =>
      changing(
        session.id,
        inTurn((store) => store.update(session, expected)),
      ),
    touch: (loaded, lifetime) =>
      changing(
        loaded.id,
        inTurn((store) => store.touch(loaded, lifetime)),
      ),
    destroy: (id) =>
      changing(
        id,
        inTurn((store) => store.destroy(id)),
      ),
    async sweep(options) {
      const result = await inTurn((store) => store.sweep(options))
      cache.clear()
      return result
    },
    close: async () => void (await turn),
  }
}

async function changing<T>(id: string, change: Promise<T>): Promise<T> {
  const answer = await change
  cache.delete(id)
  return answer
}

/** Waits until no other process has the lock; that of one that was killed is free, but for the fault. */
async function lock(directory: string): Promise<() => void> {
  const path = `${directory}.lock`
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      return () => rmSync(path)
    } catch {
      if (fault !== 'a lock for good' && isLeft(path)) rmSync(path, { force: true })
      await new Promise(setImmediate)
    }
  }
}

function isLeft(path: string): boolean {
  try {
    process.kill(Number(readFileSync(path, 'utf8') || process.pid), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

function readAll(directory: string, prefix: string): Map<string, StoredSession> {
  const names = readdirSync(directory).filter((name) => name.endsWith('.json'))
  return new Map(names.flatMap((name) => readOne(join(directory, name), prefix + name.slice(0, -'.json'.length))))
}

/** Without the lock, others may remove it meanwhile. */
function readOne(path: string, key: string): [string, StoredSession][] {
  try {
    return [[key, JSON.parse(readFileSync(path, 'utf8'))]]
  } catch {
    return []
  }
}

function pathOf(directory: string, key: string): string {
  return join(directory, `${key.slice(key.indexOf(':') + 1)}.json`)
}
