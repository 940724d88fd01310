// Sweeps one store without a pause, in a process of its own. The parent sets the time; each pass says when it
// has checked (naive) or is about to sweep (leeway), and when it is done.
import { manualClock } from '@leeway/core/testing'
import { leewaySessions } from './contender.ts'
import { NaiveStore } from './naive-store.ts'
import { isSweptKind, type SweptKind } from './stores.ts'

export interface Tell {
  readonly now?: number
  readonly stop?: true
}

export interface Told {
  readonly phase: 'checked' | 'swept'
  readonly cutoff: number
  /** In all passes so far. */
  readonly removed: number
}

const [kind, path] = process.argv.slice(2)
if (path === undefined) throw new Error('usage: sweeper-process <naive|sqlite|file> <path>')
const clock = manualClock()
let stopped = false
process.on('message', ({ now, stop }: Tell) => {
  if (now !== undefined) clock.advance(now - clock.now())
  stopped ||= stop === true
})
const tell = (told: Told) =>
  new Promise<void>((resolve, reject) => {
    process.send?.(told, undefined, {}, (error) => (error ? reject(error) : resolve()))
  })

const sweeper = isSweptKind(kind) ? leewaySweeper(kind, path) : naiveSweeper(path)
let removed = 0
while (!stopped) {
  const cutoff = clock.now()
  removed += await sweeper.pass(cutoff)
  await tell({ phase: 'swept', cutoff, removed })
  await new Promise(setImmediate)
}
await sweeper.close()
process.disconnect()

function naiveSweeper(file: string) {
  const store = new NaiveStore(file)
  return {
    async pass(cutoff: number) {
      const ids = store.check(cutoff)
      await tell({ phase: 'checked', cutoff, removed })
      for (const id of ids) store.destroy(id)
      return ids.length
    },
    close: async () => store.close(),
  }
}

function leewaySweeper(swept: SweptKind, at: string) {
  const sessions = leewaySessions(swept, at, clock)
  return {
    async pass(cutoff: number) {
      await tell({ phase: 'checked', cutoff, removed })
      return (await sessions.sweep()).removed
    },
    close: () => sessions.close(),
  }
}
