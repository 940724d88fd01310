import { record, sessionId } from '@leeway/testing/records'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryPath } from '../testing/support.ts'
import { APPLICATION_ID, inspect, MIGRATIONS, type Migration, migrate, tableOf } from './schema.ts'
import { sqliteStore } from './sqlite-store.ts'

const addNote: Migration = (db, table) => db.exec(`ALTER TABLE "${table}" ADD COLUMN note TEXT NOT NULL DEFAULT 'none'`)
const failing: Migration = (db, table) => {
  addNote(db, table)
  db.exec('SELECT * FROM nowhere')
}

async function fileWithTwoNamespaces(): Promise<string> {
  const path = temporaryPath()
  for (const namespace of ['one', 'two']) {
    const store = sqliteStore({ path, namespace })
    await store.create(record(namespace))
    await store.close()
  }
  return path
}

function openRaw(path: string): Database.Database {
  const db = new Database(path)
  onTestFinished(() => {
    db.close()
  })
  return db
}

function columns(db: Database.Database, namespace: string): string[] {
  return db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(`leeway:${namespace}`)
}

test('a new file carries our application id and schema version', async () => {
  const db = openRaw(await fileWithTwoNamespaces())
  expect(db.pragma('application_id', { simple: true })).toBe(APPLICATION_ID)
  expect(db.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length)
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
})

test('a migration reaches every namespace in the file, and one added at the same time', async () => {
  const db = openRaw(await fileWithTwoNamespaces())
  migrate(db, 'leeway:three', [...MIGRATIONS, addNote])
  expect(db.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length + 1)
  for (const namespace of ['one', 'two', 'three']) expect(columns(db, namespace)).toContain('note')
  expect(db.prepare('SELECT id, note FROM "leeway:one"').all()).toEqual([{ id: sessionId('one'), note: 'none' }])
  migrate(db, 'leeway:three', [...MIGRATIONS, addNote])
})

test('a migration that fails leaves the file at its version, whole', async () => {
  const path = await fileWithTwoNamespaces()
  const db = openRaw(path)
  expect(() => migrate(db, 'leeway:three', [...MIGRATIONS, failing])).toThrow('nowhere')
  expect(db.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length)
  expect(columns(db, 'one')).not.toContain('note')
  const store = sqliteStore({ path, namespace: 'one' })
  expect(await store.load(sessionId('one'))).toEqual(record('one'))
  await store.close()
})

test('a file of a later version is refused, unharmed', async () => {
  const path = await fileWithTwoNamespaces()
  migrate(openRaw(path), 'leeway:one', [...MIGRATIONS, addNote])
  expect(() => sqliteStore({ path, namespace: 'one' })).toThrow(
    expect.objectContaining({ code: 'ERR_STORE_FAILED', message: expect.stringContaining('schema version 2') }),
  )
  expect(columns(openRaw(path), 'one')).toContain('note')
})

test('the sweep, the owner list and the load each have their index', async () => {
  const db = openRaw(await fileWithTwoNamespaces())
  const plan = (sql: string) =>
    db
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail)
      .join('; ')
  expect(plan(`SELECT rowid FROM "leeway:one" WHERE purge_at <= 5 LIMIT 5`)).toContain(
    'COVERING INDEX leeway:one:purge',
  )
  const page = plan(`SELECT id FROM "leeway:one" WHERE owner = 'x' AND id > 'y' ORDER BY id LIMIT 5`)
  expect(page).toContain('INDEX leeway:one:owner (owner=? AND id>?)')
  expect(page).not.toContain('TEMP B-TREE')
  expect(plan(`SELECT payload FROM "leeway:one" WHERE id = 'x'`)).toContain('autoindex')
})

test("a file that another process makes leeway's meanwhile is not taken for another application's", () => {
  const path = temporaryPath()
  const [db, other] = [new Database(path), new Database(path)]
  onTestFinished(() => {
    db.close()
    other.close()
  })
  db.pragma('journal_mode = WAL')
  const pragma = db.pragma.bind(db)
  let met = false
  db.pragma = (source, options) => {
    const answer = pragma(source, options)
    if (source === 'application_id' && !met) {
      met = true
      migrate(other, tableOf('default'))
    }
    return answer
  }
  expect(inspect(db, tableOf('default'))).toBe('empty')
  expect(met).toBe(true)
  expect(inspect(db, tableOf('default'))).toBe('current')
})
