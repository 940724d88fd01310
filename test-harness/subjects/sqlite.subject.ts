import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sqliteStore } from '@leeway/sqlite'
import Database from 'better-sqlite3'
import { defineSubject, type OpenOptions, type RecordLocation } from '../src/engine/subject.ts'

const PAGE_BYTES = 4_096
const pathIn = (scratch: string): string => join(scratch, 'sessions.db')

export default defineSubject({
  name: 'sqlite',
  module: import.meta.url,
  open: ({ scratch, namespace, maxPayloadBytes }) => sqliteStore({ path: pathIn(scratch), namespace, maxPayloadBytes }),
  corrupt,
  fail,
})

/**
 * Makes the payload longer than a page and then breaks the chain of pages that holds it: SQLite finds the row and cannot
 * read it, as after a bad sector.
 */
function corrupt({ scratch, namespace, id }: RecordLocation): void {
  const path = pathIn(scratch)
  const mark = 'damaged'.repeat(PAGE_BYTES)
  const db = new Database(path)
  db.prepare(`UPDATE "leeway:${namespace}" SET payload = ? WHERE id = ?`).run(mark, id)
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  const file = readFileSync(path)
  for (let page = PAGE_BYTES; page < file.length; page += PAGE_BYTES) {
    // An overflow page: four bytes with the number of the next, then nothing but payload.
    if (mark.includes(file.toString('latin1', page + 4, page + 4 + 64))) file.fill(0xff, page, page + 4)
  }
  writeFileSync(path, file)
}

/** Takes the table away from under an open store. */
function fail({ scratch, namespace, maxPayloadBytes }: OpenOptions) {
  const store = sqliteStore({ path: pathIn(scratch), namespace, maxPayloadBytes })
  const db = new Database(pathIn(scratch))
  db.exec(`DROP TABLE "leeway:${namespace}"`)
  db.close()
  return store
}
