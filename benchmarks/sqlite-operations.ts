// How much of raw better-sqlite3 is left in the store's operations, and what group commit adds?
//
// node --conditions=@leeway/source benchmarks/sqlite-operations.ts [rounds]
//
// Raw is an awaited prepared statement in autocommit, in a file of its own with the same settings, columns and indexes.
// Both sides take turns in one process; a ratio above 1 means that the store is faster.
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
  close(): unknown
}

function raw(path: string): Side {
  const db = new Database(path)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = NORMAL')
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

function summary(values: number[]): { median: number; min: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: sorted[sorted.length >> 1] ?? 0, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 }
}

try {
  for (const [size, payload] of [
    ['300 B', 'x'.repeat(300)],
    ['8 KB', 'x'.repeat(8_000)],
  ] as const) {
    const sides = [
      raw(join(directory, `raw-${payload.length}.db`)),
      leeway(join(directory, `leeway-${payload.length}.db`)),
    ]
    const stored = await Promise.all(
      sides.map(async (side) => {
        const sessions = Array.from({ length: SESSIONS }, () => session(nextId(), payload))
        for (const one of sessions) await side.create(one)
        return sessions
      }),
    )
    for (const [name, work] of Object.entries(works)) {
      const microseconds: [number[], number[]] = [[], []]
      const ratios: number[] = []
      for (let round = -2; round < rounds; round++) {
        const took = [0, 0]
        // Who goes first alternates, so that neither always pays for the other's garbage.
        for (const which of round % 2 === 0 ? [0, 1] : [1, 0]) {
          const startedAt = performance.now()
          const count = await work(sides[which] as Side, stored[which] ?? [], payload)
          took[which] = ((performance.now() - startedAt) * 1_000) / count
        }
        if (round < 0) continue
        microseconds[0].push(took[0] ?? 0)
        microseconds[1].push(took[1] ?? 0)
        ratios.push((took[0] ?? 0) / (took[1] ?? 1))
      }
      const [r, l, ratio] = [summary(microseconds[0]), summary(microseconds[1]), summary(ratios)]
      const us = ({ median, min, max }: typeof r) => `${median.toFixed(1)} µs (${min.toFixed(1)} to ${max.toFixed(1)})`
      console.log(
        `${size}  ${name.padEnd(19)} raw ${us(r)}  leeway ${us(l)}  ` +
          `ratio ${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`,
      )
    }
    for (const side of sides) await side.close()
  }
  await updatesPerCommit()
} finally {
  rmSync(directory, { recursive: true, force: true })
}

/** Counted by the log: one commit adds one commit frame, and `data_version` of another connection moves with each. */
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
