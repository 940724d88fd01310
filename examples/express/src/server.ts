import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSessions } from '@leeway/core'
import { sqliteStore } from '@leeway/sqlite'
import { createApp } from './app.ts'
import type { Visitor } from './visitor.ts'

const DEFAULT_PORT = 3000
const TRIES = 20
/** For how long requests that are under way may hold up the stop. */
const PATIENCE_MS = 3000

const host = process.env.HOST ?? '127.0.0.1'
const path = process.env.LEEWAY_DB ?? fileURLToPath(new URL('../.data/sessions.db', import.meta.url))
mkdirSync(dirname(path), { recursive: true, mode: 0o700 })

const sessions = createSessions<Visitor>({
  store: sqliteStore({ path }),
  initialData: () => ({ visits: 0 }),
  graceMs: 60_000,
})
sessions.startSweeper({ intervalMs: 15_000 })

const server = createServer(createApp({ sessions, secureCookies: false }))
await listen(server)
const { port } = server.address() as AddressInfo
console.log(`leeway example: http://${host}:${port}/ (sessions in ${path}; Ctrl-C stops it)`)

let stopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping) return
    stopping = true
    void stop()
  })
}

/** Answers what has been asked, then gives the database back. */
async function stop(): Promise<void> {
  server.close()
  server.closeIdleConnections()
  setTimeout(() => server.closeAllConnections(), PATIENCE_MS).unref()
  await once(server, 'close')
  await sessions.close()
}

/** The port asked for, or else the next one that is free. */
async function listen(target: Server): Promise<void> {
  const asked = process.env.PORT === undefined ? undefined : Number(process.env.PORT)
  const first = asked ?? DEFAULT_PORT
  for (let tries = 0; ; tries++) {
    target.listen(first + tries, host)
    try {
      await once(target, 'listening')
      return
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (!taken || asked !== undefined || tries >= TRIES) throw error
    }
  }
}
