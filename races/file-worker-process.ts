// One of many processes at work on one session of a file store. It waits until all are ready; then it increments the
// session's counter, or touches or sweeps without a pause until it is told to stop.
import * as fs from 'node:fs'
import { createSessions } from '@leeway/core'
import { type FileSystem, fileStore } from '@leeway/file'

export interface Tell {
  readonly step: 'go' | 'stop'
}

export type Told = { readonly step: 'ready' } | ({ readonly step: 'done' } & Work)

export interface Work {
  /** Increments, touches that moved the lifetime, or sweeps. */
  readonly count: number
  readonly longestMs: number
}

const INCREMENTS = 300
const roles: Record<string, () => Promise<number>> = { increment, touch, sweep }

const [role = '', directory, token] = process.argv.slice(2)
const work = roles[role]
if (!work || directory === undefined || token === undefined) {
  throw new Error('usage: file-worker-process <increment|touch|sweep> <directory> <token>')
}
let renames = 0
const counting: FileSystem = {
  ...fs,
  rename: (from, to, done) =>
    fs.rename(from, to, (error) => {
      if (!error) renames++
      done(error)
    }),
}
const store = fileStore({ directory, fs: counting })
const sessions = createSessions({ store, initialData: () => ({ n: -1 }) })
let stopped = false
process.on('message', async ({ step }: Tell) => {
  if (step === 'stop') stopped = true
  else await run(work)
})
process.send?.({ step: 'ready' } satisfies Told)

async function run(once: () => Promise<number>): Promise<void> {
  let count = 0
  let longestMs = 0
  for (let turn = 0; role === 'increment' ? turn < INCREMENTS : !stopped; turn++) {
    const before = performance.now()
    count += await once()
    longestMs = Math.max(longestMs, performance.now() - before)
  }
  await sessions.close()
  process.send?.({ step: 'done', count, longestMs } satisfies Told)
  process.disconnect()
}

async function increment(): Promise<number> {
  const session = await sessions.open(token)
  await session.update((data) => {
    data.n++
  })
  return 1
}

/** Moves the lifetime on from what it is now, unless an update or another touch is quicker. */
async function touch(): Promise<number> {
  const stored = await store.load(token?.split('.')[0] ?? '')
  if (!stored) throw new Error('the session has gone')
  const before = renames
  const answer = await store.touch(stored, { expiresAt: stored.expiresAt + 1, purgeAt: stored.purgeAt + 1 })
  if (answer === 'gone') throw new Error('the session has gone')
  return renames - before
}

async function sweep(): Promise<number> {
  const { removed } = await sessions.sweep()
  if (removed > 0) throw new Error('the session was not due')
  return 1
}
