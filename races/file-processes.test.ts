import { join } from 'node:path'
import { createSessions } from '@leeway/core'
import { fileStore } from '@leeway/file'
import { expect, test } from 'vitest'
import { Child } from './child.ts'
import type { Told } from './file-worker-process.ts'
import { scratchDirectory } from './scratch.ts'

const INCREMENTERS = 8
const EACH = 300
const TOUCHERS = 3
const SWEEPERS = 2
const directory = join(scratchDirectory(), 'sessions')

test(`${INCREMENTERS} processes increment one session ${EACH} times each, while others touch and sweep it: all count`, async () => {
  const sessions = createSessions({ store: fileStore({ directory }), initialData: () => ({ n: -1 }) })
  const first = await sessions.open()
  first.data.n = 0
  const { token } = await first.save()
  if (token === null) throw new Error('a new session has a token')

  const start = (role: string, count: number) =>
    Array.from({ length: count }, () => new Child<Told>('./file-worker-process.ts', [role, directory, token]))
  const incrementers = start('increment', INCREMENTERS)
  const touchers = start('touch', TOUCHERS)
  const sweepers = start('sweep', SWEEPERS)
  const others = [...touchers, ...sweepers]
  const all = [...incrementers, ...others]
  try {
    await Promise.all(all.map((child) => child.next()))
    const startedAt = performance.now()
    for (const child of all) child.send({ step: 'go' })
    const increments = await done(incrementers)
    const seconds = (performance.now() - startedAt) / 1000
    for (const child of others) child.send({ step: 'stop' })
    const [touches, sweeps] = await Promise.all([done(touchers), done(sweepers)])
    expect(await Promise.all(all.map((child) => child.exited))).toEqual(all.map(() => 0))

    const { n } = (await sessions.open(token)).data
    console.log(
      `counted ${n} in ${seconds.toFixed(1)} s, the longest update took ${increments.longestMs.toFixed(0)} ms`,
    )
    console.log(`meanwhile ${touches.count} touches moved the lifetime, and there were ${sweeps.count} sweeps`)
    expect(increments.count).toBe(INCREMENTERS * EACH)
    expect(n).toBe(INCREMENTERS * EACH)
    expect(touches.count).toBeGreaterThan(300)
    expect(sweeps.count).toBeGreaterThan(300)
  } finally {
    for (const child of all) child.kill()
    await sessions.close()
  }
}, 300_000)

async function done(children: readonly Child<Told>[]) {
  let count = 0
  let longestMs = 0
  for (const child of children) {
    const told = await child.next(({ step }) => step === 'done')
    if (told.step !== 'done') continue
    count += told.count
    longestMs = Math.max(longestMs, told.longestMs)
  }
  return { count, longestMs }
}
