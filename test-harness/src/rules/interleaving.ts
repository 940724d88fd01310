import { isDeepStrictEqual } from 'node:util'
import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { answerOf, fieldsOf } from '../engine/expect.ts'
import { letterOf } from '../engine/explore.ts'
import { ConformanceFailure, type FailureDetails } from '../engine/failure.ts'
import { timeOf } from '../engine/trace.ts'
import { type Encounter, runEveryOrder } from './every-order.ts'
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
export function checkEveryOrder(ctx: RuleContext, meetingOf: () => Meeting, most: number): Promise<void> {
  return runEveryOrder(ctx, () => encounterOf(meetingOf()), most)
}

function encounterOf(meeting: Meeting): Encounter {
  const { operations } = meeting
  return {
    names: operations.map(({ kind }) => kind),
    isExact: true,
    prepare: (store) => prepare(store, meeting),
    run: (lane, handle) => perform(handle, at(operations, lane)),
    judge: (store, answers, met) => expectSomeOrder(store, meeting, answers, met),
    brief: (answer) => shortly(meeting, answer),
  }
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
  const orders = ordersOf(
    meeting.operations.map((_, n) => n),
    precedes,
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
  const isThroughout = stored && meeting.stored && !isDestroyed
  if (isThroughout && loads.includes('nothing')) return 'a load missed what was there throughout'
  const found = loads.filter((answer) => answer !== 'nothing')
  if (found.some((answer) => !whole.some((record) => record && recordAnswer(record) === answer))) {
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
  return `${withoutRepeats(answers.map((answer) => shortly(meeting, answer))).join(', ')}; ${end}`
}

/** Three and more of the same in a row are told once. */
function withoutRepeats(answers: readonly string[]): string[] {
  const told: string[] = []
  for (let n = 0; n < answers.length; ) {
    const end = answers.findIndex((answer, at) => at > n && answer !== answers[n])
    const same = answers.slice(n, end === -1 ? undefined : end)
    told.push(...(same.length < 3 ? same : [`${answers[n]} (${same.length} times)`]))
    n += same.length
  }
  return told
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

/** Every order of the items in which each comes after all that precede it. */
function ordersOf(items: readonly number[], precedes: (a: number, b: number) => boolean): number[][] {
  if (items.length === 0) return [[]]
  const firsts = items.filter((item) => !items.some((other) => other !== item && precedes(other, item)))
  return firsts.flatMap((first) => {
    const rest = items.filter((item) => item !== first)
    return ordersOf(rest, precedes).map((order) => [first, ...order])
  })
}
