// How long does a sweep of a tenth of the sessions take, and for how long does it hold up the event loop?
//
// node --conditions=@leeway/source benchmarks/file-sweep.ts [rounds] [directory] [sessions...]
//
// leeway's sweep and session-file-store's reap take turns on as many sessions, first with nothing else to do and then while
// four writers update other sessions; for comparison, the same writers without a sweep. What was removed is put back
// before each turn, and flushed. Delays: the longest that `monitorEventLoopDelay` saw, and the longest turn of a loop of
// `setImmediate`, which by itself keeps one core busy. Beside it, the longest gap in a second of looking at the clock: what
// the machine does to a process anyway. The sweep has a handle of its own, whose opened files are counted.
import fs, { promises } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { type FileSystem, fileStore } from '@leeway/file'
import { newId, newVersion, peerSession, peerStore } from './file-contenders.ts'
import { footprint } from './file-footprint.ts'
import { each, flush, inScratch, noiseMs, order } from './file-turns.ts'
import { spread } from './summary.ts'

const rounds = Number(process.argv[2] ?? 1)
const given = process.argv.slice(4).map(Number)
const sizes = given.length > 0 ? given : [10_000, 100_000]
const WRITERS = 4
const payload = 'x'.repeat(300)
const DUE = 1_000
const LIVE = 2_000
const isDue = (n: number) => n % 10 === 3

interface Way {
  /** Puts back the sessions that are due; at first, all. */
  fill(which: (n: number) => boolean): Promise<void>
  update(n: number): Promise<void>
  sweep(): Promise<number>
  note(): string
  close(): Promise<void>
}

function leeway(directory: string, ids: readonly string[]): Way {
  const store = fileStore({ directory })
  let opened = 0
  const counting: FileSystem = {
    ...fs,
    open(...given) {
      opened++
      fs.open(...given)
    },
  }
  const sweeper = fileStore({ directory, fs: counting })
  const versions: string[] = []
  const session = (n: number) => {
    const at = isDue(n) ? DUE : LIVE
    return { id: ids[n] ?? '', version: newVersion(), payload, owner: null, expiresAt: at, purgeAt: at }
  }
  return {
    async fill(which) {
      await each(ids.length, async (n) => {
        if (!which(n)) return
        const created = session(n)
        if ((await store.create(created)) === 'created') versions[n] = created.version
      })
    },
    async update(n) {
      const next = session(n)
      const answer = await store.update(next, versions[n] ?? '')
      if (answer !== 'saved') throw new Error(answer)
      versions[n] = next.version
    },
    async sweep() {
      opened = 0
      let removed = 0
      for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
        const result = await sweeper.sweep({ cutoff: DUE, limit: 1_000_000, budgetMs: 1_000, cursor })
        removed += result.removed
        cursor = result.cursor
      }
      return removed
    },
    note: () => `, ${opened} files opened by it`,
    async close() {
      await sweeper.close()
      await store.close()
    },
  }
}

function sessionFileStore(directory: string, ids: readonly string[]): Way {
  const { reap } = createRequire(import.meta.url)('session-file-store/lib/session-file-helpers.js')
  const store = peerStore(directory)
  const write = async (n: number) => {
    const lastAccess = isDue(n) ? 0 : Date.now()
    await promises.writeFile(join(directory, `${ids[n]}.json`), JSON.stringify(peerSession(payload, lastAccess)))
  }
  return {
    // By hand: it would sync each file, and set the time of the last access to now.
    fill: (which) => each(ids.length, async (n) => void (which(n) && (await write(n)))),
    update: (n) =>
      new Promise((resolve, reject) => {
        store.set(ids[n] ?? '', peerSession(payload), (error) => (error ? reject(error) : resolve()))
      }),
    async sweep() {
      await new Promise<void>((resolve, reject) => {
        reap(store.options, (error?: unknown) => (error ? reject(error) : resolve()))
      })
      return ids.filter((_, n) => isDue(n)).length
    },
    note: () => '',
    async close() {},
  }
}

async function measure(way: Way, sessions: number, writers: number, work: () => Promise<number>) {
  let isSweeping = true
  let updates = 0
  const writing = Array.from({ length: writers }, async (_, writer) => {
    for (; isSweeping; ) {
      const n = Math.floor((Math.random() * sessions) / writers) * writers + writer
      if (n >= sessions || isDue(n)) continue
      await way.update(n)
      updates++
    }
  })
  await turn()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  let longestTurnMs = 0
  const turns = (async () => {
    for (let last = performance.now(); isSweeping; ) {
      await turn()
      const now = performance.now()
      longestTurnMs = Math.max(longestTurnMs, now - last)
      last = now
    }
  })()
  const startedAt = performance.now()
  const removed = await work()
  const tookMs = performance.now() - startedAt
  isSweeping = false
  await Promise.all([...writing, turns])
  delay.disable()
  return { removed, updates, tookMs, delayMs: delay.max / 1e6, p99Ms: delay.percentile(99) / 1e6, longestTurnMs }
}

/** The reap answers when the last file in its list is done, with others still under way. */
async function assertSwept(directory: string, way: Way, live: number): Promise<void> {
  if (way.note() !== '') return
  for (let tries = 0; ; tries++) {
    const { length } = await promises.readdir(directory)
    if (length === live) return
    if (tries === 10) throw new Error(`${length} files are there instead of ${live}`)
    await sleep(100)
  }
}

await inScratch(process.argv[3], async (directory) => {
  for (const sessions of sizes) {
    const ids = Array.from({ length: sessions }, newId)
    const due = ids.filter((_, n) => isDue(n)).length
    console.log(`\n${sessions} sessions of ${payload.length} B, ${due} of them due`)
    const places = { leeway: join(directory, `leeway-${sessions}`), peer: join(directory, `peer-${sessions}`) }
    const filledAt = performance.now()
    const own = leeway(places.leeway, ids)
    await own.fill(() => true)
    console.log(`leeway's created in ${((performance.now() - filledAt) / 1_000).toFixed(1)} s`)
    const peer = sessionFileStore(places.peer, ids)
    await peer.fill(() => true)
    const cells: [string, Way, number, (() => Promise<number>) | undefined][] = [
      ['leeway, idle', own, 0, own.sweep],
      ['session-file-store, idle', peer, 0, peer.sweep],
      ['leeway, writers', own, WRITERS, own.sweep],
      ['session-file-store, writers', peer, WRITERS, peer.sweep],
      ['leeway, writers, no sweep', own, WRITERS, undefined],
    ]
    const tookS = new Map<string, number[]>()
    const longest = new Map<string, number[]>()
    for (let round = 0; round < rounds; round++) {
      for (const which of order(cells.length, round)) {
        const [name, way, writers, work] = cells[which] as (typeof cells)[number]
        await way.fill(isDue)
        flush(directory)
        const noise = noiseMs(1_000)
        const result = await measure(way, sessions, writers, work ?? (() => sleep(2_000, 0)))
        if (work) {
          if (result.removed !== due) throw new Error(`${result.removed} removed instead of ${due}`)
          await assertSwept(places.peer, way, sessions - due)
        }
        tookS.set(name, [...(tookS.get(name) ?? []), result.tookMs / 1_000])
        longest.set(name, [...(longest.get(name) ?? []), Math.max(result.delayMs, result.longestTurnMs)])
        console.log(
          `  ${name.padEnd(27)} ${(result.tookMs / 1_000).toFixed(2)} s, ${result.updates} updates, longest delay ` +
            `${result.delayMs.toFixed(1)} ms (p99 ${result.p99Ms.toFixed(1)}), longest turn ` +
            `${result.longestTurnMs.toFixed(1)} ms (noise ${noise.toFixed(1)})${work ? way.note() : ''}`,
        )
      }
    }
    for (const [name, values] of tookS) {
      console.log(`${name.padEnd(27)} ${spread(values)} s, longest delay ${spread(longest.get(name) ?? [])} ms`)
    }
    await own.close()
  }
  await footprint(directory, 10_000)
})
