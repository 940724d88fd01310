import Database from 'better-sqlite3'

/**
 * A session store as they are commonly written. It is safe statement by statement, and loses sessions between two of
 * them: `load` serves whatever is there, `save` writes whether or not there is a record (an upsert), and the cleanup asks
 * which sessions are old and then deletes those.
 */
export class NaiveStore {
  readonly #db: Database.Database
  readonly #load: Database.Statement<[string], { value: string }>
  readonly #save: Database.Statement<[string, string, number]>
  readonly #old: Database.Statement<[number], { id: string }>
  readonly #delete: Database.Statement<[string]>

  constructor(path: string) {
    this.#db = new Database(path)
    this.#db.pragma('journal_mode = WAL')
    this.#db.exec('CREATE TABLE sessions (id TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at INTEGER NOT NULL)')
    this.#load = this.#db.prepare('SELECT value FROM sessions WHERE id = ?')
    this.#save = this.#db.prepare('INSERT OR REPLACE INTO sessions (id, value, expires_at) VALUES (?, ?, ?)')
    this.#old = this.#db.prepare('SELECT id FROM sessions WHERE expires_at <= ?')
    this.#delete = this.#db.prepare('DELETE FROM sessions WHERE id = ?')
  }

  load(id: string): string | undefined {
    return this.#load.get(id)?.value
  }

  save(id: string, value: string, expiresAt: number): void {
    this.#save.run(id, value, expiresAt)
  }

  /** C: which sessions are old? */
  check(now: number): string[] {
    return this.#old.all(now).map(({ id }) => id)
  }

  /** D: delete those. */
  delete(ids: readonly string[]): number {
    return ids.reduce((deleted, id) => deleted + this.#delete.run(id).changes, 0)
  }

  close(): void {
    this.#db.close()
  }
}
