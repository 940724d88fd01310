import type { ListedSession, StoredSession } from '@leeway/core/adapter'
import type { Database, Statement } from 'better-sqlite3'
import { tableOf } from './schema.ts'

type Text = string
type Owner = string | null

export interface Statements {
  readonly load: Statement<[id: Text], StoredSession>
  readonly version: Statement<[id: Text], string>
  readonly create: Statement<[id: Text, version: Text, owner: Owner, expiresAt: number, purgeAt: number, payload: Text]>
  readonly update: Statement<
    [version: Text, owner: Owner, expiresAt: number, purgeAt: number, payload: Text, id: Text, expected: Text]
  >
  readonly touch: Statement<[expiresAt: number, purgeAt: number, id: Text, version: Text]>
  readonly destroy: Statement<[id: Text]>
  readonly sweep: Statement<[cutoff: number, limit: number, skip: number, cutoff: number]>
  readonly list: Statement<[after: Text, limit: number], ListedSession>
  readonly listOwner: Statement<[owner: Text, after: Text, limit: number], ListedSession>
}

/** Every write is one statement that tests and changes; the columns are named so that a row is the record. */
export function prepareStatements(db: Database, namespace: string): Statements {
  const table = `"${tableOf(namespace)}"`
  const listed = 'id, owner, expires_at AS expiresAt, purge_at AS purgeAt'
  return {
    load: db.prepare(
      `SELECT id, version, payload, owner, expires_at AS expiresAt, purge_at AS purgeAt FROM ${table} WHERE id = ?`,
    ),
    version: db.prepare<[Text], string>(`SELECT version FROM ${table} WHERE id = ?`).pluck(),
    create: db.prepare(
      `INSERT INTO ${table} (id, version, owner, expires_at, purge_at, payload) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
    update: db.prepare(
      `UPDATE ${table} SET version = ?, owner = ?, expires_at = ?, purge_at = max(purge_at, ?), payload = ?
       WHERE id = ? AND version = ?`,
    ),
    touch: db.prepare(
      `UPDATE ${table} SET expires_at = max(expires_at, ?), purge_at = max(purge_at, ?) WHERE id = ? AND version = ?`,
    ),
    destroy: db.prepare(`DELETE FROM ${table} WHERE id = ?`),
    sweep: db.prepare(
      `DELETE FROM ${table} WHERE rowid IN
         (SELECT rowid FROM ${table} WHERE purge_at <= ? ORDER BY purge_at LIMIT ? OFFSET ?) AND purge_at <= ?`,
    ),
    list: db.prepare(`SELECT ${listed} FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`),
    listOwner: db.prepare(`SELECT ${listed} FROM ${table} WHERE owner = ? AND id > ? ORDER BY id LIMIT ?`),
  }
}
