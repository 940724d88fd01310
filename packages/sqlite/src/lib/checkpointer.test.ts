import { readdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { record } from '@leeway/testing/records'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { optionsFor, temporaryPath } from '../testing/support.ts'
import { Checkpointer } from './checkpointer.ts'
import { openDatabase } from './open.ts'
import { sqliteStore } from './sqlite-store.ts'

const MiB = 1024 * 1024
const logMiB = (path: string) => statSync(`${path}-wal`).size / MiB

test('under sustained writes the log stays bounded, and after close nothing of it is left', {
  timeout: 120_000,
}, async () => {
  const path = temporaryPath()
  const store = sqliteStore({ path })
  const payload = 'x'.repeat(20_000)
  let longest = 0
  let written = 0
  for (let n = 0; n < 600; n++) {
    await Promise.all(Array.from({ length: 16 }, (_, k) => store.create(record(n * 16 + k, { payload }))))
    written += 16 * payload.length
    longest = Math.max(longest, logMiB(path))
  }
  console.log(
    `${(written / MiB).toFixed()} MiB of payloads written; the log was never longer than ${longest.toFixed()} MiB`,
  )
  expect(longest).toBeLessThan(160)
  await store.close()
  expect(readdirSync(dirname(path))).toEqual(['sessions.db'])
  const db = new Database(path)
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
  db.close()
})

test('a long reader lets the log grow, and once it is gone the log is cut again', { timeout: 120_000 }, async () => {
  const path = temporaryPath()
  const store = sqliteStore({ path })
  onTestFinished(() => store.close())
  await store.create(record('seen'))
  const reader = new Database(path)
  reader.exec('BEGIN')
  const count = reader.prepare('SELECT count(*) FROM "leeway:default"').pluck()
  expect(count.get()).toBe(1)
  const payload = 'x'.repeat(100_000)
  let written = 0
  const write = () => store.create(record(written++, { payload }))
  while (written < 40 || logMiB(path) < 80) await Promise.all(Array.from({ length: 8 }, write))
  expect(count.get()).toBe(1)
  reader.exec('COMMIT')
  reader.close()
  const writtenBefore = written
  while (logMiB(path) > 70 && written < writtenBefore + 10_000) await write()
  console.log(`the log was cut after ${written - writtenBefore} more writes of 100 KB`)
  expect(logMiB(path)).toBeLessThan(70)
})

test('where no worker can be had, SQLite checkpoints by itself', async () => {
  const path = temporaryPath()
  const db = openDatabase(optionsFor(path))
  onTestFinished(() => {
    db.close()
  })
  db.exec('CREATE TABLE filler (bytes BLOB)')
  const fill = db.prepare('INSERT INTO filler VALUES (zeroblob(4000000))')
  const checkpointer = new Checkpointer(db, new URL('./not-there.js', import.meta.url))
  fill.run()
  fill.run()
  expect(db.pragma('wal_autocheckpoint', { simple: true })).toBe(0)
  checkpointer.wrote(2000)
  await checkpointer.close()
  expect(db.pragma('wal_autocheckpoint', { simple: true })).toBe(1000)
  fill.run()
  expect(db.pragma('wal_checkpoint(NOOP)')).toEqual([expect.objectContaining({ busy: 0 })])
  const [{ log, checkpointed }] = db.pragma('wal_checkpoint(NOOP)') as [{ log: number; checkpointed: number }]
  expect(checkpointed).toBe(log)
})
