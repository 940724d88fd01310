import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { record, sessionId } from '@leeway/testing/records'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { optionsFor, runProcess, temporaryPath } from '../testing/support.ts'
import { assertNode, openDatabase } from './open.ts'
import { sqliteStore } from './sqlite-store.ts'

function failing(message: string | RegExp) {
  return expect.objectContaining({
    code: 'ERR_STORE_FAILED',
    operation: 'open',
    message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
  })
}

test('a new file, its log and its index are for their owner only', async () => {
  const path = temporaryPath()
  const store = sqliteStore({ path })
  for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600)
  await store.close()
})

test('a missing directory is named, and not made', () => {
  const path = join(dirname(temporaryPath()), 'missing', 'sessions.db')
  expect(() => sqliteStore({ path })).toThrow(failing('missing does not exist'))
  expect(existsSync(dirname(path))).toBe(false)
})

test('a directory is not a database', () => {
  const path = temporaryPath()
  mkdirSync(path)
  expect(() => sqliteStore({ path })).toThrow(failing('unable to open database file'))
})

test.each([
  ['short', 'not a database'],
  ['long', 'not a database at all\n'.repeat(1000)],
])('a %s file that is no database is refused, unharmed', (_, text) => {
  const path = temporaryPath()
  writeFileSync(path, text)
  expect(() => sqliteStore({ path })).toThrow(failing('not a database'))
  expect(readFileSync(path, 'utf8')).toBe(text)
})

test.each([
  ['has tables', 'CREATE TABLE users (id INTEGER)'],
  ['has a view', 'CREATE VIEW one AS SELECT 1'],
  ['has an application id', 'PRAGMA application_id = 7'],
  ['has a version', 'PRAGMA user_version = 1'],
  ['has tables named like ours', 'CREATE TABLE "leeway:default" (id TEXT PRIMARY KEY)'],
])('the database of another application is refused, unharmed: it %s', (_, sql) => {
  const path = temporaryPath()
  const foreign = new Database(path)
  foreign.exec(sql)
  foreign.close()
  const before = readFileSync(path)
  expect(() => sqliteStore({ path })).toThrow(failing('another application'))
  expect(readFileSync(path).equals(before)).toBe(true)
})

test('a link leads to the file, with its log beside the file', async () => {
  const path = temporaryPath()
  const link = join(dirname(path), 'link.db')
  symlinkSync(path, link)
  expect(() => sqliteStore({ path: link })).toThrow(failing('ENOENT'))
  await sqliteStore({ path }).close()
  const store = sqliteStore({ path: link })
  expect(existsSync(`${path}-wal`)).toBe(true)
  await store.close()
})

test.each([
  ['process-crash', 1],
  ['power-loss', 2],
] as const)('durability %s is synchronous = %i, with a write-ahead log', (durability, synchronous) => {
  const db = openDatabase(optionsFor(temporaryPath(), { durability }))
  expect(db.pragma('synchronous', { simple: true })).toBe(synchronous)
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
  db.close()
})

test('an empty file is taken as a new one', async () => {
  const path = temporaryPath()
  writeFileSync(path, '')
  const store = sqliteStore({ path })
  expect(await store.create(record('a'))).toBe('created')
  await store.close()
})

test('a corrupt database fails, with its cause, and never answers that there is no session', async () => {
  const path = temporaryPath()
  const store = sqliteStore({ path })
  for (let n = 0; n < 500; n++) await store.create(record(n, { payload: 'x'.repeat(300) }))
  await store.close()
  const bytes = readFileSync(path)
  writeFileSync(path, bytes.fill(0xa5, 8192))
  const opened = sqliteStore({ path })
  const failed = { code: 'ERR_STORE_FAILED', cause: expect.objectContaining({ code: 'SQLITE_CORRUPT' }) }
  const id = `${sessionId(7).slice(0, 6)}…`
  await expect(opened.load(sessionId(7))).rejects.toMatchObject({ ...failed, operation: 'load', id })
  await expect(opened.update(record(7), '1'.repeat(16))).rejects.toMatchObject({ ...failed, operation: 'update', id })
  await expect(opened.destroy(sessionId(7))).rejects.toMatchObject({ ...failed, operation: 'destroy', id })
  await expect(opened.list?.({ limit: 9 })).rejects.toMatchObject({ ...failed, operation: 'list' })
  await expect(opened.sweep({ cutoff: 9_999, limit: 9, budgetMs: 99 })).rejects.toMatchObject({
    ...failed,
    operation: 'sweep',
  })
  await opened.close()
})

test('six processes that open a new file at once all get their store', async () => {
  const path = temporaryPath()
  const processes = Array.from({ length: 6 }, (_, n) => runProcess('opener.ts', [path, sessionId(n)]))
  await Promise.all(processes.map((running) => running.printed(1)))
  for (const running of processes) running.go()
  await Promise.all(processes.map((running) => running.ended()))
  expect(processes.map(({ lines }) => lines[1])).toEqual(Array(6).fill('created'))
  const store = sqliteStore({ path })
  expect((await store.list?.({ limit: 10 }))?.sessions).toHaveLength(6)
  await store.close()
})

const root = process.getuid?.() === 0
const nobody = 65534

/** Root may write everywhere, so there the process that opens the store becomes somebody else first. */
async function openUnprivileged(path: string): Promise<string | undefined> {
  const running = runProcess('opener.ts', [path, sessionId(1), ...(root ? [String(nobody)] : [])])
  running.go()
  await running.ended()
  return running.lines[1]
}

test('a file or directory that may not be written is refused at opening, by name', async () => {
  const path = temporaryPath()
  await sqliteStore({ path }).close()
  const directory = dirname(path)
  if (root) for (const owned of [path, directory]) chownSync(owned, nobody, nobody)
  expect(await openUnprivileged(path)).toBe('created')
  chmodSync(path, 0o400)
  expect(await openUnprivileged(path)).toMatch(/^ERR_STORE_FAILED .*sessions\.db is not writable/)
  chmodSync(path, 0o600)
  chmodSync(directory, 0o500)
  expect(await openUnprivileged(path)).toMatch(/^ERR_STORE_FAILED .*leeway-sqlite-\w+ is not writable/)
  expect(await openUnprivileged(join(directory, 'new.db'))).toMatch(/^ERR_STORE_FAILED cannot create .*new\.db/)
  chmodSync(directory, 0o700)
  chmodSync(path, 0o000)
  expect(await openUnprivileged(path)).toMatch(/^ERR_STORE_FAILED/)
})

test('a version of Node on which better-sqlite3 would crash is refused by name', () => {
  expect(() => assertNode('20.20.2')).toThrow('needs Node 22 or later, and this is 20.20.2')
  expect(() => assertNode('22.0.0')).not.toThrow()
})
