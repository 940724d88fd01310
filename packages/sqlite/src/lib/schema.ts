import { LeewayError } from '@leeway/core/adapter'
import type { Database } from 'better-sqlite3'

/** `leew`: marks the file as leeway's in SQLite's own header field for that. */
export const APPLICATION_ID = 0x6c_65_65_77

/** Takes the table of one namespace from one schema version to the next. */
export type Migration = (db: Database, table: string) => void

/**
 * In order: the first makes the table, so a new namespace runs all of them and an old one those it lacks. The schema
 * version is how many there are. Processes of the version before may still be running: add, never take away.
 */
export const MIGRATIONS: readonly Migration[] = [
  (db, table) => {
    // The payload comes last: what stands before it is read without following a long payload's overflow pages.
    db.exec(`
      CREATE TABLE "${table}" (
        id TEXT NOT NULL PRIMARY KEY,
        version TEXT NOT NULL,
        owner TEXT,
        expires_at INTEGER NOT NULL,
        purge_at INTEGER NOT NULL,
        payload TEXT NOT NULL
      ) STRICT;
      CREATE INDEX "${table}:purge" ON "${table}" (purge_at);
      CREATE INDEX "${table}:owner" ON "${table}" (owner, id) WHERE owner IS NOT NULL;
    `)
  },
]

/** A colon is in no namespace, so a table can be taken for no other table's index. */
export function tableOf(namespace: string): string {
  return `leeway:${namespace}`
}

export type FileState = 'empty' | 'outdated' | 'current'

/**
 * Tells without writing what the file is.
 * @throws `ERR_STORE_FAILED` where it belongs to another application or to a later version of leeway.
 */
export function inspect(db: Database, table: string, migrations: readonly Migration[] = MIGRATIONS): FileState {
  // In one transaction: another process may be making the file leeway's at this moment, and is seen before or after.
  const look = db.transaction(() => ({
    applicationId: db.pragma('application_id', { simple: true }),
    version: db.pragma('user_version', { simple: true }) as number,
    tables: db.prepare('SELECT name FROM sqlite_schema').pluck().all(),
  }))
  const { applicationId, version, tables } = look()
  if (applicationId !== APPLICATION_ID) {
    if (applicationId === 0 && version === 0 && tables.length === 0) return 'empty'
    refuse(`${db.name} is the database of another application; give sessions a file of their own`)
  }
  if (version > migrations.length) {
    refuse(`${db.name} has schema version ${version}, and this version of @leeway/sqlite knows ${migrations.length}`)
  }
  return version === migrations.length && tables.includes(table) ? 'current' : 'outdated'
}

/** Brings every namespace in the file to the current version, and adds `table`, in one transaction or not at all. */
export function migrate(db: Database, table: string, migrations: readonly Migration[] = MIGRATIONS): void {
  const upgrade = db.transaction(() => {
    // Looked at again under the lock: of several processes that open a new file, one makes the table.
    const state = inspect(db, table, migrations)
    if (state === 'current') return
    const version = db.pragma('user_version', { simple: true }) as number
    const tables = db
      .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'leeway:*'`)
      .pluck()
      .all()
    for (const migration of migrations.slice(version)) for (const existing of tables) migration(db, existing)
    if (!tables.includes(table)) for (const migration of migrations) migration(db, table)
    db.pragma(`application_id = ${APPLICATION_ID}`)
    db.pragma(`user_version = ${migrations.length}`)
  })
  upgrade.immediate()
}

function refuse(message: string): never {
  throw new LeewayError('ERR_STORE_FAILED', message, { operation: 'open' })
}
