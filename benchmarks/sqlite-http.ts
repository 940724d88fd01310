// How many updates share a commit under HTTP, and what does that do to throughput? 64 connections, one process that
// serves and one that asks, rounds of leeway, a raw autocommit and a server without sessions in turn.
import { fork } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { summary } from './summary.ts'

const CONNECTIONS = 64
const ROUNDS = 7
const SECONDS = 3
const contenders = ['none', 'raw', 'leeway'] as const
type Contender = (typeof contenders)[number]

const scratch = mkdtempSync(join(tmpdir(), 'leeway-http-'))
const requestsPerSecond: Record<Contender, number[]> = { none: [], raw: [], leeway: [] }
const updatesPerCommit: number[] = []

const servers = new Map<Contender, { url: string; cookies: string[]; stop: () => void }>()
for (const contender of contenders) servers.set(contender, await serve(contender))
for (let round = -1; round < ROUNDS; round++) {
  for (const contender of contenders) {
    const before = commits(contender)
    const { requests } = await load(contender)
    if (round < 0) continue // warm-up
    requestsPerSecond[contender].push(requests / SECONDS)
    if (contender === 'leeway') updatesPerCommit.push(requests / (commits(contender) - before))
  }
}
for (const { stop } of servers.values()) stop()

console.log(`Node ${process.version}; ${CONNECTIONS} connections, ${ROUNDS} rounds of ${SECONDS} s each`)
console.table({
  'requests/s, no session': summary(requestsPerSecond.none),
  'requests/s, raw load and update, autocommit': summary(requestsPerSecond.raw),
  'requests/s, leeway open and update()': summary(requestsPerSecond.leeway),
  'leeway / raw autocommit': summary(ratios(requestsPerSecond.leeway, requestsPerSecond.raw)),
  'leeway / no session': summary(ratios(requestsPerSecond.leeway, requestsPerSecond.none)),
  'updates per commit, leeway': summary(updatesPerCommit),
})
rmSync(scratch, { recursive: true, force: true })

function serve(contender: Contender): Promise<{ url: string; cookies: string[]; stop: () => void }> {
  const child = fork(fileURLToPath(new URL('./sqlite-http-server.ts', import.meta.url)), [contender, file(contender)], {
    execArgv: ['--conditions=@leeway/source'],
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('message', (message) => {
      const { port, cookies } = message as { port: number; cookies: string[] }
      resolve({ url: `http://127.0.0.1:${port}/`, cookies, stop: () => child.kill() })
    })
  })
}

async function load(contender: Contender): Promise<{ requests: number }> {
  const server = servers.get(contender)
  if (!server) throw new Error('not started')
  const result = await autocannon({
    url: server.url,
    connections: CONNECTIONS,
    duration: SECONDS,
    requests: server.cookies.map((cookie) => ({ headers: { cookie } })),
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${contender}: ${result.non2xx} refused, ${result.errors} errors`)
  return { requests: result.requests.total }
}

function file(contender: Contender): string {
  return join(scratch, `${contender}.db`)
}

/** Transactions so far, out of the header of SQLite's WAL index: its third number is incremented by each. */
function commits(contender: Contender): number {
  if (contender === 'none') return 0
  const shm = openSync(`${file(contender)}-shm`, 'r')
  const header = Buffer.alloc(12)
  readSync(shm, header, 0, 12, 0)
  closeSync(shm)
  return header.readUInt32LE(8)
}

function ratios(a: number[], b: number[]): number[] {
  return a.map((value, i) => value / (b[i] ?? Number.NaN))
}
