import type { SessionStore } from '@leeway/core/adapter'
import type { RuleContext } from '../../engine/context.ts'
import { Random } from '../../engine/random.ts'
import { forRandomCases } from '../../engine/random-cases.ts'
import type { Rule } from '../../engine/rule.ts'
import { type Choose, Scheduler } from '../../engine/scheduler.ts'
import { at } from '../handles.ts'
import { expectLinearizable } from './checks.ts'
import { History, loadAll, on, runLane } from './history.ts'
import { drawScript, type PlannedCall, type Script } from './script.ts'

const MOST_LANES = 4

const ONE_HANDLE = { calls: 8, least: 40, most: 200, ms: 700 }
const SCHEDULED = { calls: 10, least: 100, most: 600, ms: 2_000 }

export const historyRules: readonly Rule[] = [
  {
    id: 'HISTORY-001',
    level: 'MUST',
    tier: 'concurrent',
    soaks: true,
    title: 'random calls at once on one handle are answered as if they had come one after another',
    why: 'Reads that share an answer, batches and queues inside a handle can answer what is no longer true.',
    async check(ctx) {
      const store = await ctx.open()
      await forRandomCases(ctx, 1, ONE_HANDLE, async (seed) => {
        const script = drawScript(seed, ONE_HANDLE.calls)
        const start = ctx.clock.now()
        const history = new History(String(seed))
        const running = script.lanes.map((_, lane) =>
          runLane(history, on(store), { script, lane, start }, async (planned) => {
            await PAUSES[planned.pause]()
            waitUntil(ctx, start + planned.atMs)
          }),
        )
        await Promise.all(running)
        await loadAll(history, [on(store)], script)
        expectLinearizable(
          ctx,
          { script, calls: history.calls },
          {
            lanes: script.lanes.map((_, lane) => `caller ${lane + 1}`),
            start,
            case: String(seed),
            replay: 'a replay makes the same calls; how they meet is left to the event loop',
          },
        )
        await tidy(store, script)
      })
    },
  },
  {
    id: 'HISTORY-002',
    level: 'MUST',
    tier: 'concurrent',
    soaks: true,
    title:
      'random calls on several handles, step by step in a random order, are answered as if they had come one after another',
    why: 'What goes wrong between three calls is in no test of two: a record that is destroyed and created again looks unchanged to a slow save.',
    async check(ctx) {
      const scheduler = new Scheduler(MOST_LANES, ctx.patience)
      const stores: SessionStore[] = []
      for (const step of scheduler.steps) stores.push(await ctx.open({ step }))
      await forRandomCases(ctx, 2, SCHEDULED, async (seed) => {
        const script = drawScript(seed, SCHEDULED.calls)
        const start = ctx.clock.now()
        const history = new History(String(seed))
        const lanes = script.lanes.map((_, lane) => async () => {
          const store = at(stores, lane)
          const step = at(scheduler.steps, lane)
          await runLane(history, on(store), { script, lane, start }, async (planned) => {
            await step(planned.kind)
            waitUntil(ctx, start + planned.atMs)
          })
          return 'over'
        })
        const { answers, stalls } = await scheduler.run(lanes, randomChoice(seed))
        for (const answer of answers) if (answer.status === 'rejected') throw answer.reason
        await loadAll(history, stores.map(on), script)
        expectLinearizable(
          ctx,
          { script, calls: history.calls },
          {
            lanes: script.lanes.map((_, lane) => `handle ${lane + 1}`),
            start,
            case: String(seed),
            replay:
              stalls === 0
                ? 'a replay takes the same steps in the same order'
                : `a replay takes the same steps; ${stalls} times one waited for another, and how long is up to the store`,
          },
        )
        await tidy(at(stores, 0), script)
      })
    },
  },
]

const PAUSES: Readonly<Record<PlannedCall['pause'], () => Promise<void>>> = {
  none: async () => {},
  microtask: async () => void (await Promise.resolve()),
  turn: () => new Promise(setImmediate),
}

/** Some histories go from lane to lane all the time, others let each go on for long. */
function randomChoice(seed: number): Choose {
  const random = new Random(seed + 1)
  const patience = random.pick([1, 2, 4, 12])
  return (runnable, last) =>
    last !== undefined && runnable.includes(last) && !random.oneIn(patience) ? last : random.pick(runnable)
}

function waitUntil({ clock }: RuleContext, instant: number): void {
  if (instant > clock.now()) clock.advance(instant - clock.now())
}

/** What a history leaves must not be there to be swept in the next. */
async function tidy(store: SessionStore, { ids }: Script): Promise<void> {
  for (const id of ids) await store.destroy(id)
}
