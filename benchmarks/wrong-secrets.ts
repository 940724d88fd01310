import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSessions, type SessionStore } from '@leeway/core'
import { httpSessions } from '@leeway/core/http'
import { memoryStore } from '@leeway/core/memory'
import { redisStore } from '@leeway/redis'
import { sqliteStore } from '@leeway/sqlite'
import { startRedis } from '@leeway/testing'
import { Redis } from 'ioredis'
import { compared } from './timing-statistics.ts'

/**
 * Does the time that a token takes to be refused tell anything? Of two tokens each is sent in random turns: a wrong secret
 * of a session that exists against an id that nobody has, a secret of which one character is wrong against one of which
 * all are, and an unknown id against itself. In this process, and over HTTP from another one.
 *
 *     node --conditions=@leeway/source benchmarks/wrong-secrets.ts [pairs, default 20000]
 */
const KINDS = ['memory', 'sqlite', 'redis'] as const
const SECRET = 'x'.repeat(32)
const UNKNOWN = `${'a'.repeat(26)}.${SECRET}`

interface Opened {
  readonly store: SessionStore
  close(): Promise<void>
}

async function open(kind: string): Promise<Opened> {
  if (kind === 'sqlite') {
    const directory = mkdtempSync(join(tmpdir(), 'leeway-secrets-'))
    const store = sqliteStore({ path: join(directory, 'sessions.db') })
    return { store, close: () => store.close().then(() => rmSync(directory, { recursive: true })) }
  }
  if (kind === 'redis') {
    const server = await startRedis()
    const client = new Redis(server.url)
    const store = redisStore({ client })
    return {
      store,
      close: () =>
        store
          .close()
          .then(() => client.disconnect())
          .then(() => server.stop()),
    }
  }
  const store = memoryStore()
  return { store, close: () => store.close() }
}

/** A token whose session is stored, and one each that is refused for its secret and for its id. */
async function begun(store: SessionStore, bytes: number) {
  const sessions = createSessions<Record<string, unknown>>({ store })
  const session = await sessions.open()
  session.data.text = 'y'.repeat(bytes)
  const { token } = await session.save()
  if (token === null) throw new Error('the session is not stored')
  const near = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A')
  return { near, wrong: `${session.id}.${SECRET}`, unknown: UNKNOWN }
}

type Timed = (token: string) => Promise<number>

/** Times both, in random turns, after a tenth as many that are not counted. */
async function report(what: string, pairs: number, time: Timed, one: string, other: string): Promise<void> {
  const times: [number[], number[]] = [[], []]
  for (let pair = -pairs / 10; pair < pairs; pair++) {
    const first = Math.random() < 0.5 ? 0 : 1
    for (const turn of [first, 1 - first] as const) {
      const taken = await time(turn === 0 ? one : other)
      if (pair >= 0) times[turn === 0 ? 0 : 1].push(taken)
    }
  }
  const { medians, difference, welch, rankSum } = compared(...times)
  const [a, b, apart] = [...medians, difference].map((nanoseconds) => (nanoseconds / 1_000).toFixed(2))
  console.log(`| ${what} | ${a} | ${b} | ${apart} | ${welch.toFixed(1)} | ${rankSum.toFixed(1)} |`)
}

async function inProcess(kind: string, pairs: number): Promise<void> {
  for (const bytes of [300, 8_000]) {
    const { store, close } = await open(kind)
    const { near, wrong, unknown } = await begun(store, bytes)
    const sessions = createSessions({ store })
    const time = async (token: string) => {
      const start = process.hrtime.bigint()
      await sessions.open(token)
      return Number(process.hrtime.bigint() - start)
    }
    await report(`${kind}, ${bytes} B: wrong secret, unknown id`, pairs, time, wrong, unknown)
    if (bytes === 300) {
      await report(`${kind}: one wrong character, all wrong`, pairs, time, near, wrong)
      await report(`${kind}: unknown id, the same`, pairs, time, unknown, unknown)
    }
    await close()
  }
}

async function overHttp(kind: string, pairs: number): Promise<void> {
  const server = fork(import.meta.filename, ['serve', kind], { execArgv: ['--conditions=@leeway/source'] })
  const [{ port, near, wrong, unknown }] = await once(server, 'message')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const time = async (token: string) => {
    const options = { port, host: '127.0.0.1', agent, headers: { Cookie: `leeway=${token}` } }
    const start = process.hrtime.bigint()
    await new Promise((resolve, reject) => {
      get(options, (response) => response.resume().on('end', resolve)).on('error', reject)
    })
    return Number(process.hrtime.bigint() - start)
  }
  await report(`${kind}, HTTP: wrong secret, unknown id`, pairs, time, wrong, unknown)
  await report(`${kind}, HTTP: one wrong character, all wrong`, pairs, time, near, wrong)
  agent.destroy()
  server.send('end')
  await once(server, 'exit')
}

async function serve(kind: string): Promise<void> {
  const { store, close } = await open(kind)
  const tokens = await begun(store, 300)
  const http = httpSessions(createSessions({ store }), { secure: false })
  const server = createServer(async (request, response) => {
    const exchange = http.begin(request.headers.cookie, request)
    await exchange.open()
    await exchange.commit()
    response.end('done')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  process.send?.({ port: (server.address() as AddressInfo).port, ...tokens })
  await once(process, 'message')
  server.close()
  server.closeAllConnections()
  await close()
  process.disconnect()
}

const [, , mode = '20000', kind = 'memory'] = process.argv
if (mode === 'serve') await serve(kind)
else {
  console.log('| | one, µs | other, µs | apart, µs | Welch t | rank sum z |\n|---|---|---|---|---|---|')
  for (const each of KINDS) {
    await inProcess(each, Number(mode))
    await overHttp(each, Number(mode))
  }
}
