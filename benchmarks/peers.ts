// What happens to sessions in stores for express-session when requests and a logout meet? Prints a row per store.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSessions, type Session, type SessionStore } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { fileStore } from '@leeway/file'
import { redisStore } from '@leeway/redis'
import { sqliteStore } from '@leeway/sqlite'
import { startRedis } from '@leeway/testing'
import Database from 'better-sqlite3'
import { RedisStore } from 'connect-redis'
import session, { type SessionData, type Store } from 'express-session'
import { Redis } from 'ioredis'
import { createClient } from 'redis'

const REQUESTS = 100
const ROUNDS = 200
const require = createRequire(import.meta.url)
const scratch = mkdtempSync(join(tmpdir(), 'leeway-peers-'))

interface Row {
  readonly store: string
  /** Of ROUNDS sessions that were logged out while a request was in flight: how many its save brought back. */
  readonly 'back after logout': string
  /** What REQUESTS increments count to when each is held between its load and its save. */
  readonly 'parallel increments': string
  /** Of ROUNDS saves with a touch in flight: how many saves the touch undid. */
  readonly 'saves undone by a touch': string
}

const redis = await startRedis()
const nodeRedis = await createClient({ url: redis.url }).connect()
const ioredis = new Redis(redis.port)
const rows: Row[] = []
for (const [name, store] of peers()) rows.push(await peerRow(name, store))
for (const [name, store] of ours()) {
  // The peers' way, and then the one that leeway has for it.
  rows.push(
    await leewayRow(`${name}, n++ and save()`, store(), (held) => {
      held.data.n++
      return held.save()
    }),
  )
  rows.push(await leewayRow(`${name}, update()`, store(), (held) => held.update((data) => void data.n++)))
}
console.log(`Node ${process.version}, ${new Date().toISOString().slice(0, 10)}; ${REQUESTS} requests, ${ROUNDS} rounds`)
console.table(rows)
ioredis.disconnect()
nodeRedis.destroy()
await redis.stop()
rmSync(scratch, { recursive: true, force: true })
process.exit(0)

function peers(): [string, Store][] {
  const MemoryStore = require('memorystore')(session)
  const FileStore = require('session-file-store')(session)
  const SqliteStore = require('better-sqlite3-session-store')(session)
  const client = new Database(join(scratch, 'peer.db'))
  client.pragma('journal_mode = WAL')
  return [
    ['express-session MemoryStore', new session.MemoryStore()],
    ['memorystore', new MemoryStore({ checkPeriod: 86_400_000 })],
    ['session-file-store', new FileStore({ path: join(scratch, 'files'), retries: 0, logFn: () => {} })],
    ['better-sqlite3-session-store', new SqliteStore({ client })],
    ['connect-redis', new RedisStore({ client: nodeRedis })],
  ].map(([name, store]) => [`${name} ${version(String(name))}`, store])
}

function ours(): [string, () => SessionStore][] {
  let files = 0
  return [
    ['leeway, memory', () => memoryStore()],
    ['leeway, SQLite', () => sqliteStore({ path: join(scratch, `leeway-${files++}.db`) })],
    ['leeway, files', () => fileStore({ directory: join(scratch, `leeway-${files++}`) })],
    ['leeway, Redis', () => redisStore({ client: ioredis })],
  ]
}

function version(name: string): string {
  const [folder = ''] = name.split(' ')
  return JSON.parse(readFileSync(new URL(`./node_modules/${folder}/package.json`, import.meta.url), 'utf8')).version
}

async function peerRow(name: string, store: Store): Promise<Row> {
  let back = 0
  let undone = 0
  for (let round = 0; round < ROUNDS; round++) {
    const id = `round-${round}`
    await peerSet(store, id, 1)
    const loaded = await peerGet(store, id)
    await new Promise((resolve) => store.destroy(id, resolve))
    await peerSet(store, id, (loaded?.n ?? 0) + 1)
    if (await peerGet(store, id)) back++

    await peerSet(store, id, 1)
    const touched = await peerGet(store, id)
    await Promise.all([
      peerSet(store, id, 2),
      touched && new Promise((resolve) => store.touch?.(id, touched, () => resolve(0))),
    ])
    if ((await peerGet(store, id))?.n !== 2) undone++
  }
  await peerSet(store, 'counter', 0)
  const loaded = await Promise.all(Array.from({ length: REQUESTS }, () => peerGet(store, 'counter')))
  await Promise.allSettled(loaded.map((data) => peerSet(store, 'counter', (data?.n ?? 0) + 1)))
  return row(name, back, (await peerGet(store, 'counter'))?.n ?? Number.NaN, undone)
}

type Data = SessionData & { n: number }

function peerGet(store: Store, id: string): Promise<Data | undefined> {
  return new Promise((resolve, reject) =>
    store.get(id, (error, data) =>
      error && error.code !== 'ENOENT' ? reject(error) : resolve((data ?? undefined) as Data | undefined),
    ),
  )
}

function peerSet(store: Store, id: string, n: number): Promise<void> {
  const cookie = {
    originalMaxAge: 3_600_000,
    maxAge: 3_600_000,
    expires: new Date(Date.now() + 3_600_000).toISOString(),
  }
  return new Promise((resolve, reject) =>
    store.set(id, { cookie, n } as unknown as SessionData, (error) => (error ? reject(error) : resolve())),
  )
}

type Held = Session<{ n: number }>

async function leewayRow(name: string, store: SessionStore, increment: (held: Held) => Promise<unknown>): Promise<Row> {
  const sessions = createSessions({ store, initialData: () => ({ n: 0 }), touchIntervalMs: 1 })
  const begin = async () => {
    const begun = await sessions.open()
    begun.data.n = 1
    return (await begun.save()).token
  }
  let back = 0
  let undone = 0
  for (let round = 0; round < ROUNDS; round++) {
    const token = await begin()
    const inFlight = await sessions.open(token)
    await (await sessions.open(token)).destroy()
    inFlight.data.n++
    await inFlight.save()
    if (!(await sessions.open(token)).isNew) back++

    const other = await begin()
    const [saving, touching] = [await sessions.open(other), await sessions.open(other)]
    saving.data.n = 2
    await Promise.all([saving.save(), touching.save()])
    if ((await sessions.open(other)).data.n !== 2) undone++
  }
  const token = await begin()
  const loaded = await Promise.all(Array.from({ length: REQUESTS }, () => sessions.open(token)))
  await Promise.all(loaded.map(increment))
  const counted = (await sessions.open(token)).data.n - 1
  await sessions.close()
  return row(name, back, counted, undone)
}

function row(store: string, back: number, counted: number, undone: number): Row {
  return {
    store,
    'back after logout': `${back} of ${ROUNDS}`,
    'parallel increments': `${counted} of ${REQUESTS}`,
    'saves undone by a touch': `${undone} of ${ROUNDS}`,
  }
}
