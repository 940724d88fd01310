import { isDeepStrictEqual } from 'node:util'
import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { answerOf, describeError, fieldsOf } from '../engine/expect.ts'
import { exploreOrders, followLetters, letterOf, lettersOf } from '../engine/explore.ts'
import { ConformanceFailure, type FailureDetails } from '../engine/failure.ts'
import { type Choose, type Schedule, Scheduler } from '../engine/scheduler.ts'
import { noSuchCase } from '../engine/settings.ts'
import { timeOf } from '../engine/trace.ts'
import type { Drawing } from '../report/drawing.ts'
import { at } from './handles.ts'
import { type Operation, perform, predict, recordAnswer, recordIn } from './operations.ts'

/** Two or three operations on one record, which is stored beforehand unless it is undefined. */
export interface Meeting {
  readonly stored: StoredSession | undefined
  readonly operations: readonly Operation[]
}

/** What the operations answered and what is stored in the end. */
interface Outcome {
  readonly answers: readonly string[]
  readonly stored: StoredSession | undefined
}

/**
 * Runs the operations in every order of their backend calls, and all at once. Whatever the order, answers and record
 * have to be those of the operations one after another; one that was over before another began has to come first.
 *
 * @param meetingOf makes operations of their own for each order
 * @param most orders that are run without a soak; if there are more, those with the most preemptions are left out
 */
export async function checkEveryOrder(ctx: RuleContext, meetingOf: () => Meeting, most: number): Promise<void> {
  const started = performance.now()
  let runs = 0

  /** Nothing of one order is left for the next, or the same calls would not be the same steps again. */
  async function withFreshStore<T>(
    run: (scheduler: Scheduler, store: SessionStore, lanes: SessionStore[]) => Promise<T>,
  ) {
    const scheduler = new Scheduler(meetingOf().operations.length, ctx.patience)
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
      const meeting = meetingOf()
      await prepare(store, meeting)
      const calls = meeting.operations.map((operation, n) => () => perform(at(lanes, n), operation))
      const schedule = await scheduler.run(calls, choose)
      await expectSomeOrder(store, meeting, answersOf(schedule, meeting), {
        precedes: (a, b) => at(schedule.endedAfter, a) < firstTurn(schedule, b),
        details: { case: lettersOf(schedule.turns), drawing: drawingOf(schedule, meeting) },
      })
      return schedule
    })

  const { only } = ctx.settings
  if (only !== undefined) {
    const lanes = 'abc'.slice(0, meetingOf().operations.length)
    if (only.replaceAll(new RegExp(`[${lanes}]`, 'g'), '') !== '') noSuchCase(only)
    return void (await runOrder(followLetters(only)))
  }
  const { isComplete } = await exploreOrders(
    runOrder,
    (orders) => orders < most || performance.now() - started < ctx.settings.soakMs,
  )
  if (!isComplete) ctx.count('rules that left orders out')
  await withFreshStore(async (_, store, lanes) => {
    const meeting = meetingOf()
    await prepare(store, meeting)
    const calls = meeting.operations.map((operation, n) => perform(at(lanes, n), operation))
    await expectSomeOrder(store, meeting, await answerOf(Promise.all(calls), `${namesOf(meeting)} at once`))
  })
}

async function prepare(store: SessionStore, { stored }: Meeting): Promise<void> {
  if (stored) await answerOf(store.create(stored), 'create')
}

/** Fails unless the outcome is that of the operations one after another, in some order that keeps to `precedes`. */
export async function expectSomeOrder(
  store: SessionStore,
  meeting: Meeting,
  answers: readonly string[],
  {
    precedes = () => false,
    details = {},
    what = namesOf(meeting),
  }: { precedes?: (a: number, b: number) => boolean; details?: FailureDetails; what?: string } = {},
): Promise<void> {
  const loaded = await answerOf(store.load(idOf(meeting)), what)
  const actual: Outcome = { answers, stored: loaded && fieldsOf(loaded) }
  const orders = permutations(meeting.operations.map((_, n) => n)).filter(
    (order) => !order.some((b, n) => order.slice(n + 1).some((a) => precedes(a, b))),
  )
  const expected = orders.map((order) => outcomeOf(meeting, order))
  if (expected.some((outcome) => isDeepStrictEqual(outcome, actual))) return
  throw new ConformanceFailure(`${what}: the outcome is that of no order (${verdict(meeting, actual)})`, {
    ...details,
    expected: [...new Set(expected.map((outcome) => brief(meeting, outcome)))],
    actual: brief(meeting, actual),
  })
}

function outcomeOf({ stored, operations }: Meeting, order: readonly number[]): Outcome {
  const answers: string[] = []
  let left = stored
  for (const n of order) [answers[n], left] = predict(left, at(operations, n))
  return { answers, stored: left }
}

/** The outcome in the words of the guarantees. */
function verdict(meeting: Meeting, { answers, stored }: Outcome): string {
  const isDestroyed = answers.includes('destroyed')
  if (stored && isDestroyed && !meeting.operations.some(({ kind }) => kind === 'create')) {
    return 'a destroyed session came back'
  }
  const loads = answers.filter((_, n) => meeting.operations[n]?.kind === 'load')
  const whole = [
    meeting.stored,
    ...meeting.operations.map((operation) => ('session' in operation ? operation.session : undefined)),
  ]
  if (loads.some((answer) => !whole.some((record) => record && recordAnswer(record) === answer))) {
    return 'a load found what nobody has stored'
  }
  if (!stored && answers.includes('saved') && !isDestroyed) return 'an acknowledged save is lost'
  const winners = answers.filter((answer) => /^(saved|created|destroyed|removed 1)$/.test(answer))
  if (new Set(winners).size < winners.length) return 'two were told they did it'
  if (!stored && answers.includes('touched') && !isDestroyed) return 'a renewed session is lost'
  return meeting.stored === undefined ? 'nothing was stored before' : 'a write was overwritten or counted twice'
}

function brief(meeting: Meeting, { answers, stored }: Outcome): string {
  const end = stored ? `${whose(meeting, stored)} is stored until ${timeOf(stored.purgeAt)}` : 'nothing is stored'
  return `${answers.map((answer) => shortly(meeting, answer)).join(', ')}; ${end}`
}

function shortly(meeting: Meeting, answer: string): string {
  if (!answer.startsWith('{')) return answer
  const found = recordIn(answer)
  return found ? `found ${whose(meeting, found)}` : answer
}

/** Whose record it is, by its version: for readers, who do not know versions by heart. */
function whose({ stored, operations }: Meeting, { version }: StoredSession): string {
  if (stored?.version === version) return 'the first record'
  const writer = operations.findIndex((operation) => 'session' in operation && operation.session.version === version)
  return writer === -1
    ? `a record of nobody (${version})`
    : `that of ${at(operations, writer).kind} ${letterOf(writer)}`
}

function namesOf({ operations }: Meeting): string {
  return operations.map(({ kind }) => kind).join(', ')
}

function idOf({ stored, operations: [first] }: Meeting): string {
  if (stored) return stored.id
  if (first?.kind !== 'create') throw new TypeError('where nothing is stored, the first operation is a create')
  return first.session.id
}

function answersOf({ answers, turns }: Schedule, meeting: Meeting): string[] {
  return answers.map((answer, n) => {
    if (answer.status === 'fulfilled') return answer.value
    const details = { case: lettersOf(turns), actual: describeError(answer.reason) }
    throw new ConformanceFailure(`${at(meeting.operations, n).kind}: the call rejected`, details)
  })
}

function drawingOf({ turns, answers }: Schedule, meeting: Meeting): Drawing {
  const { operations } = meeting
  const marks = turns.map(({ lane, step }, slot) => {
    const answer = answers[lane]
    const isLast = turns.findLastIndex((turn) => turn.lane === lane) === slot
    const label = step === '' ? at(operations, lane).kind : step
    const said = isLast && answer?.status === 'fulfilled' ? { answer: shortly(meeting, answer.value) } : {}
    return { lane, from: slot, to: slot, label, ...said }
  })
  return { lanes: operations.map(({ kind }, n) => `${letterOf(n)} ${kind}`), marks }
}

function firstTurn({ turns }: Schedule, lane: number): number {
  return turns.findIndex((turn) => turn.lane === lane)
}

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((first) => permutations(items.filter((item) => item !== first)).map((rest) => [first, ...rest]))
}
