import { randomBytes } from 'node:crypto'
import { promises as fs, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { StoredSession } from '@leeway/core/adapter'
import { type FileStoreOptions, fileStore } from '@leeway/file'
import session, { type SessionData, type Store } from 'express-session'
import { createStorage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'

/** One way to keep sessions in files. Each call fails unless it has done what it says. */
export interface Contender {
  create(id: string): Promise<void>
  load(id: string): Promise<void>
  update(id: string): Promise<void>
  touch?(id: string): Promise<void>
  destroy(id: string): Promise<void>
  close(): Promise<void>
}

type Open = (directory: string, payload: string) => Contender

export const contenders: Record<string, Open> = {
  leeway: (directory, payload) => leeway({ directory }, payload, () => null),
  'leeway, owned': (directory, payload) => leeway({ directory }, payload, ownersOf(5)),
  /** What it costs to be as durable as session-file-store, which syncs each file, or more so. */
  'leeway, power-loss': (directory, payload) => leeway({ directory, durability: 'power-loss' }, payload, () => null),
  'session-file-store': sessionFileStore,
  'unstorage fs': unstorage,
  raw,
}

const HOUR_MS = 3_600_000
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/** As core mints them: each character is one of 32. */
export function newId(): string {
  return Array.from(randomBytes(26), (byte) => alphabet[byte & 31]).join('')
}

let versions = 0
export function newVersion(): string {
  return (++versions).toString(36).padStart(16, 'v')
}

/** Gives each owner so many sessions. */
export function ownersOf(sessions: number): () => string {
  let count = 0
  return () => `owner-${Math.floor(count++ / sessions)}`
}

function leeway(options: FileStoreOptions, payload: string, newOwner: () => string | null): Contender {
  const store = fileStore(options)
  const stored = new Map<string, StoredSession>()
  const of = (id: string) => stored.get(id) ?? fail(`${id} is not stored`)
  return {
    async create(id) {
      const expiresAt = Date.now() + HOUR_MS
      const lifetime = { expiresAt, purgeAt: expiresAt + 240_000 }
      const created = { id, version: newVersion(), payload, owner: newOwner(), ...lifetime }
      check(await store.create(created), 'created')
      stored.set(id, created)
    },
    async load(id) {
      check((await store.load(id))?.payload.length, payload.length)
    },
    async update(id) {
      const next = { ...of(id), version: newVersion() }
      check(await store.update(next, of(id).version), 'saved')
      stored.set(id, next)
    },
    async touch(id) {
      const next = { ...of(id), expiresAt: of(id).expiresAt + 1, purgeAt: of(id).purgeAt + 1 }
      check(await store.touch(next, next), 'touched')
      stored.set(id, next)
    },
    async destroy(id) {
      check(await store.destroy(id), 'destroyed')
      stored.delete(id)
    },
    close: () => store.close(),
  }
}

/** The session that express-session would give to a store. */
export function peerSession(payload: string, lastAccess = Date.now()): SessionData {
  const cookie = { originalMaxAge: HOUR_MS, maxAge: HOUR_MS, expires: new Date(lastAccess + HOUR_MS) }
  return { cookie, data: payload, __lastAccess: lastAccess } as unknown as SessionData
}

/** Without retries, reaping and log. */
export function peerStore(directory: string): Store & { options: object } {
  const FileStore = createRequire(import.meta.url)('session-file-store')(session)
  return new FileStore({ path: directory, ttl: HOUR_MS / 1_000, retries: 0, reapInterval: -1, logFn: () => {} })
}

function sessionFileStore(directory: string, payload: string): Contender {
  const store = peerStore(directory)
  const called = (call: (done: (error?: unknown) => void) => void) =>
    new Promise<void>((resolve, reject) => call((error) => (error ? reject(error) : resolve())))
  const set = (id: string) => called((done) => store.set(id, peerSession(payload), done))
  return {
    create: set,
    load: (id) =>
      new Promise((resolve, reject) => {
        store.get(id, (error, data) => (error || !data ? reject(error ?? new Error(`${id} is gone`)) : resolve()))
      }),
    update: set,
    touch: (id) => called((done) => store.touch?.(id, peerSession(''), done)),
    destroy: (id) => called((done) => store.destroy(id, done)),
    async close() {},
  }
}

/** It has no touch, and writes over the file in its place: a reader may find half of it. */
function unstorage(directory: string, payload: string): Contender {
  const storage = createStorage({ driver: fsDriver({ base: directory }) })
  return {
    create: (id) => storage.setItem(id, payload),
    async load(id) {
      check((await storage.getItem<string>(id))?.length, payload.length)
    },
    update: (id) => storage.setItem(id, payload),
    destroy: (id) => storage.removeItem(id),
    close: () => storage.dispose(),
  }
}

/** What one writes by hand: a temporary file, renamed over the one that is there. It compares nothing and checks nothing. */
function raw(directory: string, payload: string): Contender {
  mkdirSync(directory)
  let temporary = 0
  async function write(id: string): Promise<void> {
    const path = `${directory}/${++temporary}.tmp`
    await fs.writeFile(path, payload)
    await fs.rename(path, `${directory}/${id}`)
  }
  return {
    create: write,
    async load(id) {
      // Not decoded: the least that reading a file costs.
      check((await fs.readFile(`${directory}/${id}`)).length, payload.length)
    },
    update: write,
    destroy: (id) => fs.unlink(`${directory}/${id}`),
    async close() {},
  }
}

function check(answer: unknown, expected: unknown): void {
  if (answer !== expected) fail(`${answer} instead of ${expected}`)
}

function fail(message: string): never {
  throw new Error(message)
}
