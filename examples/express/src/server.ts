import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSessions, type StoreErrorEvent } from '@leeway/core'
import { createApp } from './app.ts'
import { failureLog } from './failure-log.ts'
import { gracefulStop } from './graceful-stop.ts'
import { openStore } from './store.ts'
import type { Visitor } from './visitor.ts'

const DEFAULT_PORT = 3000
const TRIES = 20
/** For how long requests that are under way may hold up the stop. */
const PATIENCE_MS = 3000
/** One Ctrl-C arrives more than once: the terminal sends it to all, and npm and a parent process pass it on. */
const ECHO_MS = 500

const host = process.env.HOST ?? '127.0.0.1'
const { store, path } = await opened()

const logFailure = failureLog(console.error)
subscribe('leeway:store:error', (message) => logFailure(message as StoreErrorEvent))
const sessions = createSessions<Visitor>({
  store,
  initialData: () => ({ visits: 0 }),
  graceMs: 60_000,
})
sessions.startSweeper({ intervalMs: 15_000 })

const server = createServer(createApp({ sessions, secureCookies: false }))
const answerAndStop = gracefulStop(server, PATIENCE_MS)
try {
  await listen()
} catch (error) {
  await sessions.close()
  console.error(`leeway example: cannot listen: ${(error as Error).message}`)
  process.exit(1)
}
let stoppedAt: number | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stoppedAt === undefined) {
      stoppedAt = performance.now()
      void stop()
    } else if (performance.now() - stoppedAt > ECHO_MS) process.exit(1)
  })
}
const { port } = server.address() as AddressInfo
console.log(`leeway example: http://${host}:${port}/ (sessions in ${path}; Ctrl-C stops it)`)

/** Answers what has been asked, then gives the store back. */
async function stop(): Promise<void> {
  await answerAndStop()
  await sessions.close()
}

async function opened() {
  try {
    return await openStore()
  } catch (error) {
    console.error(`leeway example: cannot open the sessions: ${(error as Error).message}`)
    process.exit(1)
  }
}

/** On the port asked for, or else on the next one that is free. */
async function listen(): Promise<void> {
  const asked = process.env.PORT === undefined ? undefined : Number(process.env.PORT)
  const first = asked ?? DEFAULT_PORT
  for (let tries = 0; ; tries++) {
    server.listen(first + tries, host)
    try {
      await once(server, 'listening')
      return
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (!taken || asked !== undefined || tries >= TRIES) throw error
    }
  }
}
