import type { SessionStore } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { describeError } from '../engine/expect.ts'
import { exploreOrders, followLetters, letterOf, lettersOf } from '../engine/explore.ts'
import { ConformanceFailure, type FailureDetails } from '../engine/failure.ts'
import { type Choose, type Schedule, Scheduler } from '../engine/scheduler.ts'
import { noSuchCase } from '../engine/settings.ts'
import type { Drawing } from '../report/drawing.ts'
import { at } from './handles.ts'

/** Operations that are under way together, each on a handle of its own. */
export interface Encounter {
  /** What each operation is called. */
  readonly names: readonly string[]
  /** False if an operation may have several backend calls under way at once, so that no two runs are quite the same. */
  readonly isExact: boolean
  /** Stores what has to be there before. */
  prepare(store: SessionStore): Promise<void>
  /** Starts one of them. */
  run(lane: number, handle: SessionStore): Promise<string>
  /** Fails unless answers, and what is stored, are as the contract wants them. */
  judge(store: SessionStore, answers: readonly string[], met: Met): Promise<void>
  /** An answer as it stands in a drawing. */
  brief(answer: string): string
}

/** How the operations met. */
interface Met {
  /** Whether one was over before another began. */
  precedes(a: number, b: number): boolean
  readonly details: FailureDetails
}

const AT_ONCE: Met = { precedes: () => false, details: {} }

/**
 * Runs the operations in every order of their backend calls, and all at once.
 *
 * @param encounterOf makes operations of their own for each order
 * @param most orders that are run without a soak; if there are more, those with the most preemptions are left out
 */
export async function runEveryOrder(ctx: RuleContext, encounterOf: () => Encounter, most: number): Promise<void> {
  const started = performance.now()
  const {
    names: { length },
    isExact,
  } = encounterOf()
  let runs = 0

  /** Nothing of one order is left for the next, or the same calls would not be the same steps again. */
  async function withFreshStore<T>(
    run: (scheduler: Scheduler, store: SessionStore, lanes: SessionStore[]) => Promise<T>,
  ) {
    const scheduler = new Scheduler(length, ctx.patience)
    const namespace = `order-${++runs}`
    const lanes = await Promise.all(scheduler.steps.map((step) => ctx.open({ namespace, step })))
    const store = await ctx.open({ namespace })
    const result = await run(scheduler, store, lanes)
    await Promise.all([store, ...lanes].map((handle) => handle.close()))
    ctx.count('interleavings')
    return result
  }

  const runOrder = (choose: Choose): Promise<Schedule> =>
    withFreshStore(async (scheduler, store, lanes) => {
      const encounter = encounterOf()
      await encounter.prepare(store)
      const calls = lanes.map((handle, n) => () => encounter.run(n, handle))
      const schedule = await scheduler.run(calls, choose)
      await encounter.judge(store, answersOf(schedule, encounter), {
        precedes: (a, b) => at(schedule.endedAfter, a) < firstTurn(schedule, b),
        details: { case: lettersOf(schedule.turns), drawing: drawingOf(schedule, encounter) },
      })
      return schedule
    })

  const { only } = ctx.settings
  if (only !== undefined) {
    const letters = 'abc'.slice(0, length)
    if (only.replaceAll(new RegExp(`[${letters}]`, 'g'), '') !== '') noSuchCase(only)
    return void (await runOrder(followLetters(only)))
  }
  const { isComplete } = await exploreOrders(
    runOrder,
    (orders) => orders < most || performance.now() - started < ctx.settings.soakMs,
    isExact,
  )
  if (!isComplete) ctx.count('rules that left orders out')
  await withFreshStore(async (_, store, lanes) => {
    const encounter = encounterOf()
    await encounter.prepare(store)
    const answers = await Promise.allSettled(lanes.map((handle, n) => encounter.run(n, handle)))
    await encounter.judge(
      store,
      answers.map((answer, n) => answered(answer, `${at(encounter.names, n)} at once with the others`)),
      AT_ONCE,
    )
  })
}

function answersOf({ answers, turns }: Schedule, { names }: Encounter): string[] {
  return answers.map((answer, n) => answered(answer, at(names, n), { case: lettersOf(turns) }))
}

/** @throws what the operation itself has found wrong, or that it rejected */
function answered(answer: PromiseSettledResult<string>, what: string, details: FailureDetails = {}): string {
  if (answer.status === 'fulfilled') return answer.value
  const { reason } = answer
  if (reason instanceof ConformanceFailure) throw reason.locate(details)
  throw new ConformanceFailure(`${what}: the call rejected`, { ...details, actual: describeError(reason) })
}

function drawingOf({ turns, answers }: Schedule, { names, brief }: Encounter): Drawing {
  const marks = turns.map(({ lane, step }, slot) => {
    const answer = answers[lane]
    const isLast = turns.findLastIndex((turn) => turn.lane === lane) === slot
    const label = step === '' ? at(names, lane) : step
    const said = isLast && answer?.status === 'fulfilled' ? { answer: brief(answer.value) } : {}
    return { lane, from: slot, to: slot, label, ...said }
  })
  return { lanes: names.map((name, n) => `${letterOf(n)} ${name}`), marks }
}

function firstTurn({ turns }: Schedule, lane: number): number {
  return turns.findIndex((turn) => turn.lane === lane)
}
