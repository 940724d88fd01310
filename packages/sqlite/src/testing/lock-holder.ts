// Holds the write lock for so many milliseconds, as an application would that does too much in one transaction.
import Database from 'better-sqlite3'

const [path = '', heldMs = '0'] = process.argv.slice(2)
const db = new Database(path)
db.exec('BEGIN IMMEDIATE')
console.log('locked')
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(heldMs))
db.exec('COMMIT')
db.close()
