import type { ChildHandle } from '../../engine/child-handle.ts'
import type { CrashPoint } from '../../engine/child-messages.ts'
import { ProcessEnded, type StoreProcess } from '../../engine/child-process.ts'
import type { RuleContext } from '../../engine/context.ts'
import { Random } from '../../engine/random.ts'
import { forRandomCases } from '../../engine/random-cases.ts'
import type { Rule } from '../../engine/rule.ts'
import { at } from '../handles.ts'
import { both, processes, sharing, survival } from '../needs.ts'
import { expectLinearizable } from './checks.ts'
import { History, loadAll, type Perform, runLane } from './history.ts'
import { inProcess, nanoseconds } from './processes.ts'
import { createAll, drawScript, type Script } from './script.ts'

const PROCESSES = 2

const AT_ONCE = { calls: 8, least: 40, most: 200, ms: 2_000 }
/** The more records there are, the more can be found missing. */
const KILLED = { calls: 8, records: [3], least: 12, most: 40, ms: 3_000 }

export const historyProcessRules: readonly Rule[] = [
  {
    id: 'HISTORY-003',
    level: 'MUST',
    tier: 'concurrent',
    soaks: true,
    title: 'random calls in several processes are answered as if they had come one after another',
    why: 'A lock or a cache that lives in one process works until the second is started: a deployment, a cluster module, a cron job.',
    needs: both(sharing, processes),
    async check(ctx) {
      const started = await Promise.all(Array.from({ length: PROCESSES }, () => ctx.startProcess()))
      const places = (await Promise.all(started.map((one) => one.open()))).map(inProcess)
      await forRandomCases(ctx, 3, AT_ONCE, async (seed) => {
        const script = drawScript(seed, AT_ONCE.calls)
        await runHistory(ctx, script, {
          all: places,
          left: async () => places,
          replay: 'a replay makes the same calls; how they meet is left to the processes',
        })
      })
    },
  },
  {
    id: 'HISTORY-004',
    level: 'MUST',
    tier: 'concurrent',
    soaks: true,
    title:
      'random calls in several processes, of which one is killed, are answered as if they had come one after another',
    why: 'What was under way in the killed process has happened or not; what is left half done, or locked, is met by all others.',
    needs: both(both(sharing, survival), processes),
    async check(ctx) {
      const surviving = await ctx.startProcess()
      const survivor = inProcess(await surviving.open())
      const isStepped = await namesSteps(await surviving.open())
      let next = ctx.startProcess()
      next.catch(() => {})
      await forRandomCases(ctx, 4, KILLED, async (seed) => {
        const victim = await next
        next = ctx.startProcess()
        next.catch(() => {})
        const script = drawScript(seed, KILLED.calls, KILLED.records)
        const handle = await victim.open()
        const die = await dieLater(seed, victim, handle, isStepped)
        await runHistory(ctx, script, {
          all: [inProcess(handle), survivor],
          left: async () => {
            await die()
            return [survivor]
          },
          replay:
            'a replay makes the same calls and kills at the same one of them; how they meet is left to the processes',
        })
      })
    },
  },
]

interface Places {
  /** Lanes are dealt out to them in turn. */
  readonly all: readonly Perform[]
  /** Where records can be loaded after all lanes are over. */
  left(): Promise<readonly Perform[]>
  readonly replay: string
}

async function runHistory(ctx: RuleContext, script: Script, { all, left, replay }: Places): Promise<void> {
  const start = ctx.clock.now()
  const history = new History(String(script.seed), nanoseconds)
  const first = script.lanes.length
  await runLane(history, at(all, all.length - 1), { script, lane: first, start }, async () => {}, createAll(script))
  const running = script.lanes.map((_, lane) =>
    runLane(history, at(all, lane % PROCESSES), { script, lane, start }, async ({ atMs }) => {
      const ahead = start + atMs - ctx.clock.now()
      if (ahead > 0) ctx.clock.advance(ahead)
    }).catch(unlessKilled),
  )
  await Promise.all(running)
  const places = await left()
  await loadAll(history, places, script)
  expectLinearizable(
    ctx,
    { script, calls: history.calls },
    {
      lanes: [...script.lanes.map((_, lane) => laneName(lane)), 'before all others'],
      start,
      case: String(script.seed),
      replay,
    },
  )
  for (const id of script.ids) await at(places, 0)({ kind: 'destroy', id })
}

function laneName(lane: number): string {
  return `process ${(lane % PROCESSES) + 1}, caller ${Math.floor(lane / PROCESSES) + 1}`
}

/** The lane of a process that was killed is over; the call that it waited for may have happened or not. */
function unlessKilled(error: unknown): void {
  if (!(error instanceof ProcessEnded)) throw error
}

/**
 * Arranges the end of a process: before one of its backend calls, where the store names them, in the middle of a call,
 * or right after an answer.
 *
 * @returns ends it if that has not come to pass
 */
async function dieLater(
  seed: number,
  victim: StoreProcess,
  handle: ChildHandle,
  isStepped: boolean,
): Promise<() => Promise<void>> {
  const random = new Random(seed + 1)
  const points: readonly CrashPoint[] = [{ calls: 1 + random.below(10) }, { answers: 1 + random.below(10) }]
  const step: CrashPoint = { step: 1 + random.below(20) }
  await handle.crashAt(isStepped && !random.oneIn(6) ? step : random.pick(points))
  void handle.standing.then(() => victim.kill())
  return () => victim.kill()
}

/** Whether the store names its backend calls. */
async function namesSteps(handle: ChildHandle): Promise<boolean> {
  await handle.crashAt({ step: Number.MAX_SAFE_INTEGER })
  await handle.call('load', 'a'.repeat(26))
  return handle.steps.length > 0
}
