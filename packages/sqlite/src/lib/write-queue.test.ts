import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { SessionStore } from '@leeway/core/adapter'
import { record, sessionId, version } from '@leeway/testing/records'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { optionsFor, runProcess, temporaryPath } from '../testing/support.ts'
import { openDatabase } from './open.ts'
import { sqliteStore, storeOn } from './sqlite-store.ts'

function another(path: string, options?: Database.Options): Database.Database {
  const db = new Database(path, options)
  onTestFinished(() => {
    db.close()
  })
  return db
}

function open(path: string, busyTimeoutMs?: number): SessionStore {
  const store = sqliteStore({ path, busyTimeoutMs })
  onTestFinished(() => store.close())
  return store
}

test('writes of one turn share a commit, a single write is a single statement, and each caller has its own answer', async () => {
  const options = optionsFor(temporaryPath())
  openDatabase(options).close()
  const log: string[] = []
  const store = storeOn(
    new Database(options.path, { verbose: (sql) => log.push(String(sql).split(' ')[0] ?? '') }),
    options,
  )
  onTestFinished(() => store.close())
  log.length = 0
  expect(await store.create(record('a'))).toBe('created')
  expect(log).toEqual(['INSERT', 'PRAGMA'])
  log.length = 0
  const answers = await Promise.all([
    store.create(record('a', { version: version(9) })),
    store.create(record('b')),
    store.update(record('b', { version: version(2) }), version(1)),
    store.update(record('b', { version: version(3) }), version(1)),
    store.touch(record('b', { version: version(2) }), { expiresAt: 7, purgeAt: 8 }),
    store.update(record('c', { version: version(2) }), version(1)),
    store.destroy(sessionId('a')),
    store.create(record('a')),
  ])
  expect(answers).toEqual(['exists', 'created', 'saved', 'conflict', 'touched', 'gone', 'destroyed', 'created'])
  const [begun, committed] = ['BEGIN', 'COMMIT'].map((wanted) => log.filter((word) => word === wanted).length)
  expect(committed).toBe(begun)
  // One, unless the machine did something else for longer than a transaction may take.
  expect(committed).toBeLessThanOrEqual(answers.length / 4)
})

test('a write that fails leaves its neighbours in the same commit alone', async () => {
  const path = temporaryPath()
  const store = open(path)
  another(path).exec(`CREATE TRIGGER refuse BEFORE INSERT ON "leeway:default" WHEN new.payload = 'poison'
    BEGIN SELECT RAISE(ABORT, 'poisoned'); END`)
  const results = await Promise.allSettled([
    store.create(record('a')),
    store.create(record('b', { payload: 'poison' })),
    store.create(record('c')),
  ])
  expect(results).toMatchObject([
    { value: 'created' },
    { reason: { code: 'ERR_STORE_FAILED', operation: 'create', message: 'SQLite: poisoned' } },
    { value: 'created' },
  ])
  expect(await store.load(sessionId('a'))).toBeDefined()
  expect(await store.load(sessionId('b'))).toBeUndefined()
  expect(await store.load(sessionId('c'))).toBeDefined()
})

test('a full disk fails the whole batch, conflicts included, loses nothing, and passes', async () => {
  const options = optionsFor(temporaryPath())
  const db = openDatabase(options)
  const store = storeOn(db, options)
  onTestFinished(() => store.close())
  await store.create(record('kept'))
  const pages = db.pragma('page_count', { simple: true }) as number
  db.pragma(`max_page_count = ${pages + 20}`)
  const batch = [
    () => store.create(record('kept', { version: version(9) })),
    () => store.update(record('kept', { version: version(9) }), version(8)),
    () => store.update(record('kept', { version: version(2) }), version(1)),
    () => store.create(record('big', { payload: 'x'.repeat(200_000) })),
  ]
  const results = await Promise.allSettled(batch.map((write) => write()))
  const full = { status: 'rejected', reason: { code: 'ERR_STORE_FAILED', cause: { code: 'SQLITE_FULL' } } }
  expect(results).toMatchObject([full, full, full, full])
  expect(await store.load(sessionId('kept'))).toEqual(record('kept'))
  expect(await store.load(sessionId('big'))).toBeUndefined()
  await expect(store.create(record('alone', { payload: 'x'.repeat(200_000) }))).rejects.toMatchObject(full.reason)
  expect(await store.update(record('kept', { version: version(2) }), version(1))).toBe('saved')
  db.pragma('max_page_count = 100000')
  expect(await Promise.all(batch.slice(1).map((write) => write()))).toEqual(['conflict', 'saved', 'created'])
  expect(await store.load(sessionId('big'))).toBeDefined()
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
})

test('a thousand writes at once are all done, in order for each session', async () => {
  const store = open(temporaryPath())
  await store.create(record('a'))
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, n) => store.update(record('a', { version: version(n + 2) }), version(n + 1))),
  )
  expect(new Set(answers)).toEqual(new Set(['saved']))
  expect(await store.load(sessionId('a'))).toMatchObject({ version: version(1001) })
})

test('while another process holds the lock for 400 ms, writes wait and the event loop does not', async () => {
  const path = temporaryPath()
  const store = open(path)
  await store.create(record('a'))
  const holder = runProcess('lock-holder.ts', [path, '400'])
  await holder.printed(1)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const startedAt = performance.now()
  const writes = [
    store.update(record('a', { version: version(2) }), version(1)),
    ...Array.from({ length: 20 }, (_, n) => store.create(record(n))),
  ]
  expect(await store.load(sessionId('a'))).toEqual(record('a'))
  expect(await Promise.all(writes)).toEqual(['saved', ...Array(20).fill('created')])
  const waitedMs = performance.now() - startedAt
  delay.disable()
  console.log(
    `waited ${waitedMs.toFixed()} ms for the lock; longest event loop delay ${(delay.max / 1e6).toFixed(1)} ms`,
  )
  expect(waitedMs).toBeGreaterThan(200)
  // With SQLite's own patience it stands still for as long as the lock is held.
  expect(delay.max / 1e6).toBeLessThan(waitedMs / 2)
})

test('a lock held for longer than busyTimeoutMs is ERR_STORE_TIMEOUT, for writes and sweeps, and passes', async () => {
  const path = temporaryPath()
  const store = open(path, 60)
  await store.create(record('a'))
  const holder = another(path)
  holder.exec('BEGIN IMMEDIATE')
  const timeout = { code: 'ERR_STORE_TIMEOUT', cause: { code: 'SQLITE_BUSY' } }
  await expect(store.destroy(sessionId('a'))).rejects.toMatchObject({ ...timeout, operation: 'destroy' })
  await expect(Promise.all([store.create(record('b')), store.create(record('c'))])).rejects.toMatchObject(timeout)
  await expect(store.sweep({ cutoff: 9_999, limit: 9, budgetMs: 1_000 })).rejects.toMatchObject(timeout)
  const more = { removed: 0, examined: 0, cursor: expect.any(String) }
  expect(await store.sweep({ cutoff: 9_999, limit: 9, budgetMs: 1 })).toEqual(more)
  expect(await store.load(sessionId('a'))).toEqual(record('a'))
  holder.exec('COMMIT')
  expect(await store.destroy(sessionId('a'))).toBe('destroyed')
})

test('opening waits for busyTimeoutMs too', () => {
  const path = temporaryPath()
  const holder = another(path)
  holder.exec('BEGIN EXCLUSIVE')
  expect(() => sqliteStore({ path, busyTimeoutMs: 30 })).toThrow(
    expect.objectContaining({ code: 'ERR_STORE_TIMEOUT', operation: 'open' }),
  )
  holder.exec('COMMIT')
  open(path, 30)
})
