import { isDeepStrictEqual } from 'node:util'
import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { answerOf, fieldsOf } from '../engine/expect.ts'
import { ConformanceFailure } from '../engine/failure.ts'
import { Stepper } from '../engine/stepper.ts'
import { type Operation, perform, predict } from './operations.ts'

interface Outcome {
  readonly first: string
  readonly second: string
  readonly stored: StoredSession | undefined
}

/** Two operations on one record, which is stored beforehand unless it is undefined. */
export interface Pair {
  readonly stored: StoredSession | undefined
  readonly first: Operation
  readonly second: Operation
}

/**
 * Runs `second` while `first` is held before each of its backend calls in turn, and both at once. Whatever the order of
 * their steps, answers and record must be those of one having come entirely before the other.
 *
 * @param pairOf makes a pair of its own for each schedule
 */
export async function checkEveryOrder(ctx: RuleContext, pairOf: () => Pair): Promise<void> {
  const stepper = new Stepper()
  const [one, other] = [await ctx.open({ step: stepper.step }), await ctx.open()]
  for (let k = 0, isHeld = true; isHeld; k++) {
    const pair = pairOf()
    await prepare(other, pair)
    const held = await stepper.hold(k, () => perform(one, pair.first))
    isHeld = held.isHeld
    const second = await answerOf(
      held.meanwhile(() => perform(other, pair.second)),
      `${pair.second.kind} while ${pair.first.kind} is held before its step ${k + 1}`,
    )
    const first = await answerOf(held.finish(), `${pair.first.kind}, held before its step ${k + 1}`)
    const where = isHeld ? `held before its step ${k + 1}` : 'over'
    await expectSequential(other, pair, { first, second }, `${pair.second.kind} with ${pair.first.kind} ${where}`)
    await clearAway(other, pair)
    ctx.count('schedules')
  }
  const pair = pairOf()
  await prepare(other, pair)
  const [first, second] = await answerOf(
    Promise.all([perform(one, pair.first), perform(other, pair.second)]),
    `${pair.first.kind} and ${pair.second.kind} at once`,
  )
  await expectSequential(other, pair, { first, second }, `${pair.first.kind} and ${pair.second.kind} at once`)
  ctx.count('schedules')
}

/** The record of a schedule, which must not be there to be swept in the next. */
async function clearAway(store: SessionStore, pair: Pair): Promise<void> {
  await answerOf(store.destroy(idOf(pair)), 'destroy')
}

async function prepare(store: SessionStore, { stored }: Pair): Promise<void> {
  if (stored) await answerOf(store.create(stored), 'create')
}

/** Fails unless the outcome is that of first-then-second or second-then-first. */
export async function expectSequential(
  store: SessionStore,
  pair: Pair,
  answers: Omit<Outcome, 'stored'>,
  what: string,
): Promise<void> {
  const loaded = await answerOf(store.load(idOf(pair)), what)
  const actual: Outcome = { ...answers, stored: loaded && fieldsOf(loaded) }
  const expected = outcomes(pair)
  if (!expected.some((outcome) => isDeepStrictEqual(outcome, actual))) {
    const message = `${what}: the outcome is that of neither order (${verdict(pair, actual)})`
    throw new ConformanceFailure(message, { expected: expected.map(brief), actual: brief(actual) })
  }
}

function outcomes({ stored, first, second }: Pair): Outcome[] {
  const [a, afterA] = predict(stored, first)
  const [b, afterAB] = predict(afterA, second)
  const [b2, afterB] = predict(stored, second)
  const [a2, afterBA] = predict(afterB, first)
  return [
    { first: a, second: b, stored: afterAB },
    { first: a2, second: b2, stored: afterBA },
  ]
}

/** The outcome in the words of the guarantees. */
function verdict(pair: Pair, { first, second, stored }: Outcome): string {
  const answers = [first, second]
  if (stored && answers.includes('destroyed')) return 'a destroyed session came back'
  if (!stored && answers.includes('saved') && !answers.includes('destroyed')) return 'an acknowledged save is lost'
  if (first === second && /^(saved|created|destroyed|removed 1)$/.test(first)) return 'both were told they did it'
  if (!stored && answers.includes('touched') && !answers.includes('destroyed')) return 'a renewed session is lost'
  return pair.stored === undefined ? 'nothing was stored before' : 'a write was overwritten or counted twice'
}

function brief({ first, second, stored }: Outcome): string {
  return `${first}, ${second}, ${stored ? `${stored.version.slice(0, 6)} until ${stored.purgeAt}` : 'nothing stored'}`
}

function idOf({ stored, first }: Pair): string {
  if (stored) return stored.id
  if (first.kind !== 'create') throw new TypeError('where nothing is stored, the first operation is a create')
  return first.session.id
}
