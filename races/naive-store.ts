import Database from 'better-sqlite3'

/**
 * A session store as they are commonly written: `get` checks the expiry, `set` is an upsert, and the cleanup first
 * checks which sessions are old and then deletes them. Every statement is atomic; what is done with two of them is not.
 * It goes through the same drivers as leeway's stores, to show that they produce the races that they claim to.
 */
export class NaiveStore {
  readonly #db: Database.Database
  readonly #get: Database.Statement<[string, number], { value: string }>
  readonly #set: Database.Statement<[string, string, number]>
  readonly #destroy: Database.Statement<[string]>
  readonly #expired: Database.Statement<[number], { id: string }>

  constructor(path: string) {
    this.#db = new Database(path, { timeout: 10_000 })
    this.#db.pragma('journal_mode = WAL')
    this.#db.exec('CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, value TEXT, expires_at INTEGER)')
    this.#get = this.#db.prepare('SELECT value FROM sessions WHERE id = ? AND expires_at > ?')
    this.#set = this.#db.prepare('INSERT OR REPLACE INTO sessions (id, value, expires_at) VALUES (?, ?, ?)')
    this.#destroy = this.#db.prepare('DELETE FROM sessions WHERE id = ?')
    this.#expired = this.#db.prepare('SELECT id FROM sessions WHERE expires_at <= ?')
  }

  get(id: string, now: number): string | undefined {
    return this.#get.get(id, now)?.value
  }

  set(id: string, value: string, expiresAt: number): void {
    this.#set.run(id, value, expiresAt)
  }

  destroy(id: string): void {
    this.#destroy.run(id)
  }

  /** The first half of the cleanup: which sessions are old? */
  check(now: number): string[] {
    return this.#expired.all(now).map(({ id }) => id)
  }

  close(): void {
    this.#db.close()
  }
}
