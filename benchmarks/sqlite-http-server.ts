// Serves one counter per session: without any session, on raw better-sqlite3, or on leeway.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSessions, readToken } from '@leeway/core'
import { sqliteStore } from '@leeway/sqlite'
import Database from 'better-sqlite3'

const SESSIONS = 512
const [contender, path = ''] = process.argv.slice(2)
const padding = 'x'.repeat(200)
const { cookies, handle } =
  contender === 'leeway' ? await leeway() : contender === 'raw' ? raw() : { cookies: [''], handle: async () => 0 }

const server = createServer(async (request, response) => {
  try {
    response.end(`${await handle(request)}`)
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port, cookies }))

async function leeway() {
  const sessions = createSessions({ store: sqliteStore({ path }), initialData: () => ({ n: -1, padding }) })
  const tokens = await Promise.all(
    Array.from({ length: SESSIONS }, async () => {
      const session = await sessions.open()
      session.data.n = 0
      return (await session.save()).token
    }),
  )
  const handle = async (request: IncomingMessage) => {
    const session = await sessions.open(readToken(request.headers.cookie, { secure: false }))
    const { n } = await session.update((data) => {
      data.n++
    })
    return n
  }
  return { cookies: tokens.map((token) => `leeway=${token}`), handle }
}

/** The least that a store with versions can do, as fast as it can be done one at a time. */
function raw() {
  const db = new Database(path)
  db.pragma('journal_mode = WAL')
  db.exec(
    'CREATE TABLE s (id TEXT PRIMARY KEY, version TEXT, payload TEXT, expires_at INTEGER, purge_at INTEGER) STRICT',
  )
  db.exec('CREATE INDEX s_purge ON s (purge_at)')
  const insert = db.prepare('INSERT INTO s VALUES (?, ?, ?, ?, ?)')
  const select = db.prepare<[string], { version: string; payload: string }>(
    'SELECT version, payload FROM s WHERE id = ?',
  )
  const update = db.prepare(
    'UPDATE s SET version = ?, payload = ?, expires_at = ?, purge_at = max(purge_at, ?) WHERE id = ? AND version = ?',
  )
  const ids = Array.from({ length: SESSIONS }, () => crypto.randomUUID())
  const now = Date.now()
  for (const id of ids) insert.run(id, 'v', JSON.stringify({ n: 0, padding }), now, now)
  const handle = async (request: IncomingMessage) => {
    const id = request.headers.cookie ?? ''
    const row = select.get(id)
    if (!row) throw new Error('no session')
    const data = JSON.parse(row.payload)
    data.n++
    const at = Date.now()
    const { changes } = update.run(crypto.randomUUID(), JSON.stringify(data), at, at, id, row.version)
    if (changes !== 1) throw new Error('conflict')
    return data.n
  }
  return { cookies: ids, handle }
}
