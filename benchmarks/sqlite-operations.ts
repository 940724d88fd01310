// How much of raw better-sqlite3 is left in the store's operations, and what group commit adds?
//
// node --conditions=@leeway/source benchmarks/sqlite-operations.ts [rounds]
//
// Raw is an awaited prepared statement in autocommit, in a file of its own with the same settings, columns and indexes:
// once as everybody uses it, with SQLite's checkpoints within commits, and once without any (its log is emptied between
// rounds, off the clock), which no application could afford, but shows what the store itself costs. All take turns in one
// process. A ratio is raw's time over the store's: above 1, the store is faster.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoredSession } from '@leeway/core/adapter'
import { sqliteStore } from '@leeway/sqlite'
import Database from 'better-sqlite3'

const rounds = Number(process.argv[2] ?? 15)
const SESSIONS = 5_000
const CALLERS = 64
const directory = mkdtempSync(join(tmpdir(), 'leeway-benchmark-'))

let versions = 0
const nextVersion = () => (++versions).toString(36).padStart(20, 'v')
let ids = 0
const nextId = () => (++ids).toString(36).padStart(26, '0')

function session(id: string, payload: string): StoredSession {
  return {
    id,
    version: nextVersion(),
    payload,
    owner: 'owner',
    expiresAt: 1_800_000_000_000,
    purgeAt: 1_800_000_240_000,
  }
}

interface Side {
  load(id: string): Promise<unknown>
  update(session: StoredSession, expected: string): Promise<unknown>
  touch(session: StoredSession, ms: number): Promise<unknown>
  create(session: StoredSession): Promise<unknown>
  /** Between rounds, off the clock. */
  rest(): void
  close(): unknown
}

function raw(path: string, checkpoints: boolean): Side {
  const db = new Database(path)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = NORMAL')
  if (!checkpoints) db.pragma('wal_autocheckpoint = 0')
  db.exec(`
    CREATE TABLE s (id TEXT NOT NULL PRIMARY KEY, version TEXT NOT NULL, owner TEXT, expires_at INTEGER NOT NULL,
      purge_at INTEGER NOT NULL, payload TEXT NOT NULL) STRICT;
    CREATE INDEX s_purge ON s (purge_at);
    CREATE INDEX s_owner ON s (owner, id) WHERE owner IS NOT NULL;
  `)
  const load = db.prepare('SELECT id, version, payload, owner, expires_at, purge_at FROM s WHERE id = ?')
  const update = db.prepare(
    'UPDATE s SET version = ?, owner = ?, expires_at = ?, purge_at = max(purge_at, ?), payload = ? WHERE id = ? AND version = ?',
  )
  const touch = db.prepare(
    'UPDATE s SET expires_at = max(expires_at, ?), purge_at = max(purge_at, ?) WHERE id = ? AND version = ?',
  )
  const create = db.prepare(
    'INSERT INTO s (id, version, owner, expires_at, purge_at, payload) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  return {
    load: async (id) => load.get(id),
    update: async (s, expected) =>
      update.run(s.version, s.owner, s.expiresAt, s.purgeAt, s.payload, s.id, expected).changes,
    touch: async (s, ms) => touch.run(s.expiresAt + ms, s.purgeAt + ms, s.id, s.version).changes,
    create: async (s) => create.run(s.id, s.version, s.owner, s.expiresAt, s.purgeAt, s.payload).changes,
    rest() {
      if (!checkpoints) db.pragma('wal_checkpoint(TRUNCATE)')
    },
    close: () => db.close(),
  }
}

function leeway(path: string): Side {
  const store = sqliteStore({ path })
  return {
    load: (id) => store.load(id),
    update: (s, expected) => store.update(s, expected),
    touch: (s, ms) => store.touch(s, { expiresAt: s.expiresAt + ms, purgeAt: s.purgeAt + ms }),
    create: (s) => store.create(s),
    rest() {},
    close: () => store.close(),
  }
}

type Work = (side: Side, sessions: StoredSession[], payload: string) => Promise<number>

let touches = 0
const works: Record<string, Work> = {
  async load(side, sessions) {
    for (let n = 0; n < 20_000; n++) await side.load(pick(sessions).id)
    return 20_000
  },
  async update(side, sessions, payload) {
    for (let n = 0; n < 4_000; n++) await updateOne(side, sessions, Math.floor(Math.random() * SESSIONS), payload)
    return 4_000
  },
  async touch(side, sessions) {
    for (let n = 0; n < 4_000; n++) await side.touch(pick(sessions), ++touches)
    return 4_000
  },
  async create(side, _sessions, payload) {
    for (let n = 0; n < 3_000; n++) await side.create(session(nextId(), payload))
    return 3_000
  },
  async [`update, ${CALLERS} callers`](side, sessions, payload) {
    const share = Math.floor(SESSIONS / CALLERS)
    await Promise.all(
      Array.from({ length: CALLERS }, async (_, caller) => {
        for (let n = 0; n < 150; n++) {
          await updateOne(side, sessions, caller * share + Math.floor(Math.random() * share), payload)
        }
      }),
    )
    return CALLERS * 150
  },
}

function pick(sessions: StoredSession[]): StoredSession {
  return sessions[Math.floor(Math.random() * SESSIONS)] as StoredSession
}

async function updateOne(side: Side, sessions: StoredSession[], at: number, payload: string): Promise<void> {
  const next = session(sessions[at]?.id ?? '', payload)
  await side.update(next, sessions[at]?.version ?? '')
  sessions[at] = next
}

function summary(values: number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b)
  const [median, min, max] = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)].map((n) => n?.toFixed(digits))
  return `${median} (${min} to ${max})`
}

try {
  for (const [size, payload] of [
    ['300 B', 'x'.repeat(300)],
    ['8 KB', 'x'.repeat(8_000)],
  ] as const) {
    const names = ['leeway', 'raw', 'raw without checkpoints']
    const sides = [
      leeway(join(directory, `leeway-${payload.length}.db`)),
      raw(join(directory, `raw-${payload.length}.db`), true),
      raw(join(directory, `unchecked-${payload.length}.db`), false),
    ]
    const stored = await Promise.all(
      sides.map(async (side) => {
        const sessions = Array.from({ length: SESSIONS }, () => session(nextId(), payload))
        for (const one of sessions) await side.create(one)
        return sessions
      }),
    )
    for (const [name, work] of Object.entries(works)) {
      const microseconds: number[][] = sides.map(() => [])
      for (let round = -2; round < rounds; round++) {
        const took: number[] = []
        // Who goes first changes, so that nobody always pays for another's garbage.
        for (let turn = 0; turn < sides.length; turn++) {
          const which = (turn + round + sides.length) % sides.length
          const side = sides[which] as Side
          side.rest()
          const startedAt = performance.now()
          const count = await work(side, stored[which] ?? [], payload)
          took[which] = ((performance.now() - startedAt) * 1_000) / count
        }
        if (round >= 0) for (const [which, us] of took.entries()) microseconds[which]?.push(us)
      }
      console.log(`${size} ${name}`)
      const own = microseconds[0] ?? []
      for (const [which, values] of microseconds.entries()) {
        const ratio =
          which === 0
            ? ''
            : `, ratio ${summary(
                values.map((us, round) => us / (own[round] ?? 1)),
                2,
              )}`
        console.log(`  ${names[which]?.padEnd(24)} ${summary(values, 1)} µs${ratio}`)
      }
    }
    for (const side of sides) await side.close()
  }
  await updatesPerCommit()
} finally {
  rmSync(directory, { recursive: true, force: true })
}

/** Counted from another connection, whose `data_version` moves with each commit. */
async function updatesPerCommit(): Promise<void> {
  const path = join(directory, 'grouping.db')
  const store = sqliteStore({ path })
  const other = new Database(path)
  const dataVersion = other.prepare('PRAGMA data_version').pluck()
  const sessions = Array.from({ length: CALLERS }, () => session(nextId(), 'x'.repeat(300)))
  for (const one of sessions) await store.create(one)
  let commits = 0
  let updates = 0
  let seen = dataVersion.get()
  await Promise.all(
    sessions.map(async (first) => {
      let current = first
      for (let n = 0; n < 200; n++) {
        const next = session(current.id, current.payload)
        await store.update(next, current.version)
        current = next
        updates++
        const now = dataVersion.get()
        if (now !== seen) commits++
        seen = now
      }
    }),
  )
  other.close()
  await store.close()
  console.log(
    `${CALLERS} callers: ${updates} updates in ${commits} commits, ${(updates / commits).toFixed(1)} per commit`,
  )
}
