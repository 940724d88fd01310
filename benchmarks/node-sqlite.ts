// What a store on `node:sqlite` would have, beside better-sqlite3: the facts of this Node, and the speed of the two
// statements that a request takes. `node --conditions=@leeway/source benchmarks/node-sqlite.ts`
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'

const ROUNDS = 5
const CALLS = 20_000
const ROWS = 10_000
const SCHEMA = 'CREATE TABLE s (id TEXT PRIMARY KEY, version TEXT, payload TEXT) STRICT, WITHOUT ROWID'
const SELECT = 'SELECT id, version, payload FROM s WHERE id = ?'
const UPDATE = 'UPDATE s SET version = ?, payload = ? WHERE id = ? AND version = ?'

/** What both libraries have in common. */
interface Connection {
  exec(sql: string): unknown
  prepare(sql: string): { get(...values: string[]): unknown; run(...values: string[]): unknown }
  close(): unknown
}

let warning = 'none'
process.on('warning', ({ message }) => {
  warning = message
})
const { DatabaseSync } = await import('node:sqlite')
await new Promise(setImmediate)
console.log(`Node ${process.version}, warning on import: ${warning}`)

const libraries: Record<string, (path: string) => Connection> = {
  'better-sqlite3': (path) => new Database(path),
  'node:sqlite': (path) => new DatabaseSync(path),
}
const directory = mkdtempSync(join(tmpdir(), 'leeway-node-sqlite-'))
try {
  for (const [name, open] of Object.entries(libraries)) {
    const path = join(directory, `${name.replace(':', '-')}.db`)
    const db = open(path)
    const first = (sql: string) => Object.values(Object(db.prepare(sql).get()))[0]
    console.log(
      `\n${name}: SQLite ${first('SELECT sqlite_version()')}, busy_timeout ${first('PRAGMA busy_timeout')} ms`,
    )
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${SCHEMA}`)
    console.log(`  write while another connection writes: ${contended(db, open(path))}`)
    measure(db)
    db.close()
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}

/** A second connection wants to write while the first is in a transaction. */
function contended(db: Connection, other: Connection): string {
  db.exec('BEGIN IMMEDIATE')
  const startedAt = performance.now()
  try {
    other.exec("INSERT INTO s VALUES ('x', '', '')")
    return 'written'
  } catch (error) {
    return `${error instanceof Error ? error.message : error} after ${Math.round(performance.now() - startedAt)} ms`
  } finally {
    db.exec('COMMIT')
    other.close()
  }
}

function measure(db: Connection): void {
  const payload = 'p'.repeat(300)
  const insert = db.prepare('INSERT INTO s VALUES (?, ?, ?)')
  db.exec('BEGIN')
  for (let row = 0; row < ROWS; row++) insert.run(`id${row}`, 'v0', payload)
  db.exec('COMMIT')
  const [select, update] = [db.prepare(SELECT), db.prepare(UPDATE)]
  const loads: number[] = []
  const updates: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    loads.push(perSecond((call) => select.get(`id${call % ROWS}`)))
    const [next, stored] = [`v${round + 1}`, `v${round}`]
    updates.push(perSecond((call) => update.run(next, payload, `id${call % ROWS}`, call < ROWS ? stored : next)))
  }
  console.log(`  SELECT: ${median(loads)} a second; UPDATE, a commit each: ${median(updates)} a second`)
}

function perSecond(work: (call: number) => unknown): number {
  const startedAt = performance.now()
  for (let call = 0; call < CALLS; call++) work(call)
  return Math.round((CALLS * 1000) / (performance.now() - startedAt))
}

function median(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[Math.floor(sorted.length / 2)] ?? 0).toLocaleString('en')
}
