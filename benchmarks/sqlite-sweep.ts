// For how long does a sweep of 100,000 out of 1,000,000 sessions hold up the event loop, while other sessions are saved?
//
// node --conditions=@leeway/source benchmarks/sqlite-sweep.ts [rounds] [sessions]
//
// Three ways take turns, each on a fresh copy of one file: the store's sweep, a loop of DELETE ... LIMIT 500 with SQLite's
// own checkpoints, and the one DELETE that most session stores run. Due sessions are spread over the whole file. Before
// each, a loop that does nothing shows how long the machine keeps a process waiting anyway.
import { closeSync, copyFileSync, fsyncSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { sqliteStore } from '@leeway/sqlite'
import Database from 'better-sqlite3'

const rounds = Number(process.argv[2] ?? 3)
const SESSIONS = Number(process.argv[3] ?? 1_000_000)
const WRITERS = 4
const TARGET_MS = 20
const directory = mkdtempSync(join(tmpdir(), 'leeway-benchmark-'))
const payload = 'x'.repeat(300)
const DUE = 1_000
const LIVE = 2_000
const idOf = (n: number) => ((BigInt(n + 1) * 0x9e3779b97f4a7c15n) % (1n << 64n)).toString(36).padStart(26, '0')
const isDue = (n: number) => n % 10 === 3
let versions = 0
const nextVersion = () => (++versions).toString(36).padStart(20, 'v')

/** Where the time goes: the longest call of each kind of statement on the main thread. */
const longest = new Map<string, number>()
const prototype = Object.getPrototypeOf(new Database(':memory:').prepare('SELECT 1'))
for (const method of ['run', 'get']) {
  const original = prototype[method]
  prototype[method] = function timed(this: Database.Statement, ...parameters: unknown[]) {
    const startedAt = performance.now()
    try {
      return original.apply(this, parameters)
    } finally {
      const kind = this.source.trim().split(/[\s(]/, 1)[0] ?? ''
      longest.set(kind, Math.max(longest.get(kind) ?? 0, performance.now() - startedAt))
    }
  }
}

interface Way {
  update(n: number): Promise<unknown>
  sweep(): Promise<number>
  close(): Promise<void>
}

function leeway(path: string): Way {
  const store = sqliteStore({ path })
  const current = new Map<number, string>()
  return {
    async update(n) {
      const version = nextVersion()
      const session = { id: idOf(n), version, payload, owner: null, expiresAt: LIVE, purgeAt: LIVE }
      const answer = await store.update(session, current.get(n) ?? 'v'.repeat(20))
      if (answer !== 'saved') throw new Error(answer)
      current.set(n, version)
    },
    async sweep() {
      let removed = 0
      for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
        const result = await store.sweep({ cutoff: DUE, limit: 1_000_000, budgetMs: 1_000, cursor })
        removed += result.removed
        cursor = result.cursor
      }
      return removed
    },
    close: () => store.close(),
  }
}

function raw(path: string, limit: number | undefined): Way {
  const db = new Database(path)
  db.pragma('wal_autocheckpoint = 1000')
  const update = db.prepare(
    `UPDATE "leeway:default" SET version = ?, purge_at = max(purge_at, ?), payload = ? WHERE id = ?`,
  )
  const all = db.prepare(`DELETE FROM "leeway:default" WHERE purge_at <= ?`)
  const some = db.prepare(
    `DELETE FROM "leeway:default" WHERE rowid IN (SELECT rowid FROM "leeway:default" WHERE purge_at <= ? LIMIT ?)`,
  )
  return {
    async update(n) {
      await turn()
      update.run(nextVersion(), LIVE, payload, idOf(n))
    },
    async sweep() {
      if (limit === undefined) return all.run(DUE).changes
      let removed = 0
      for (let changes = limit; changes === limit; removed += changes) {
        await turn()
        changes = some.run(DUE, limit).changes
      }
      return removed
    },
    async close() {
      db.close()
    },
  }
}

const ways: Record<string, (path: string) => Way> = {
  leeway,
  'DELETE LIMIT 500': (path) => raw(path, 500),
  'one DELETE': (path) => raw(path, undefined),
}

async function measure(way: Way) {
  let sweeping = true
  let updates = 0
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    for (; sweeping; updates++) {
      const n = Math.floor((Math.random() * SESSIONS) / WRITERS) * WRITERS + writer
      if (!isDue(n)) await way.update(n)
      else await turn()
    }
  })
  await turn()
  longest.clear()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  let longestTurnMs = 0
  const turns = (async () => {
    for (let last = performance.now(); sweeping; ) {
      await turn()
      const now = performance.now()
      longestTurnMs = Math.max(longestTurnMs, now - last)
      last = now
    }
  })()
  const startedAt = performance.now()
  const removed = await way.sweep()
  const tookMs = performance.now() - startedAt
  sweeping = false
  await Promise.all([...writers, turns])
  delay.disable()
  const calls = [...longest].toSorted((a, b) => b[1] - a[1]).map(([kind, ms]) => `${kind} ${ms.toFixed(1)}`)
  return { removed, updates, tookMs, delayMs: delay.max / 1e6, p99Ms: delay.percentile(99) / 1e6, longestTurnMs, calls }
}

/** The longest gap in three seconds of doing nothing but looking at the clock. */
function noiseMs(): number {
  let longestMs = 0
  const until = performance.now() + 3_000
  for (let last = performance.now(); last < until; ) {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - last)
    last = now
  }
  return longestMs
}

function fill(path: string): void {
  void sqliteStore({ path }).close()
  const db = new Database(path)
  db.pragma('cache_size = -400000')
  const insert = db.prepare(`INSERT INTO "leeway:default" VALUES (?, ?, NULL, ?, ?, ?)`)
  const part = db.transaction((from: number, to: number) => {
    for (let n = from; n < to; n++) {
      const at = isDue(n) ? DUE : LIVE
      insert.run(idOf(n), 'v'.repeat(20), at, at, payload)
    }
  })
  for (let n = 0; n < SESSIONS; n += 50_000) part(n, Math.min(SESSIONS, n + 50_000))
  db.close()
}

/** Writes the copy to the disk now, which would otherwise be busy with it during the measurement. */
function settle(path: string): void {
  const file = openSync(path, 'r+')
  fsyncSync(file)
  closeSync(file)
}

function summary(values: number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const text = (value: number | undefined) => (value ?? 0).toFixed(1)
  return `${text(sorted[sorted.length >> 1])} (${text(sorted[0])} to ${text(sorted.at(-1))})`
}

try {
  const original = join(directory, 'original.db')
  fill(original)
  console.log(
    `${SESSIONS} sessions of ${payload.length} B, ${(statSync(original).size / 2 ** 20).toFixed()} MiB, 10 % due`,
  )
  const delays = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    for (const [name, open] of Object.entries(ways)) {
      const path = join(directory, 'copy.db')
      copyFileSync(original, path)
      settle(path)
      const noise = noiseMs()
      const way = open(path)
      const result = await measure(way)
      const log = statSync(`${path}-wal`).size / 2 ** 20
      await way.close()
      rmSync(path)
      delays.set(name, [...(delays.get(name) ?? []), Math.max(result.delayMs, result.longestTurnMs)])
      console.log(
        `${name.padEnd(17)} removed ${result.removed} in ${(result.tookMs / 1000).toFixed(1)} s, ${result.updates} updates, ` +
          `longest delay ${result.delayMs.toFixed(1)} ms (p99 ${result.p99Ms.toFixed(1)}), longest turn ` +
          `${result.longestTurnMs.toFixed(1)} ms (noise ${noise.toFixed(1)}), log ${log.toFixed()} MiB; longest calls, ms: ${result.calls.join(', ')}`,
      )
    }
  }
  for (const [name, values] of delays) console.log(`${name.padEnd(17)} longest delay ${summary(values)} ms`)
  const missed = (delays.get('leeway') ?? []).filter((ms) => ms > TARGET_MS).length
  console.log(`target ${TARGET_MS} ms: ${missed === 0 ? 'met' : `missed in ${missed} of ${rounds} rounds`}`)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
