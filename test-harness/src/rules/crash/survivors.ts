import { isDeepStrictEqual } from 'node:util'
import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../../engine/context.ts'
import { answerOf, expectAnswer, fieldsOf } from '../../engine/expect.ts'
import { ConformanceFailure } from '../../engine/failure.ts'
import type { Rule } from '../../engine/rule.ts'
import { at } from '../handles.ts'
import { both, processes, sharing, survival } from '../needs.ts'
import { type Operation, perform, predict } from '../operations.ts'
import { patiently } from './aftermath.ts'
import { type Crashed, crashAll, crashesOf, selected } from './points.ts'
import { stored } from './records.ts'
import { destroy, type Scenario, scenarioOf, update } from './scenario.ts'

/** What another process has begun to do when the first one dies. */
interface Write {
  readonly operation: Operation
  readonly answer: Promise<string>
}

export const survivorRule: Rule = {
  id: 'CRASH-007',
  level: 'MUST',
  tier: 'crash-safe',
  title: 'a process that dies in a write keeps no other process waiting that writes at the same time',
  why: 'A lock that outlives its holder stops every request for the session, or for all sessions, until somebody removes it.',
  needs: both(survival, both(sharing, processes)),
  async check(ctx) {
    const crashes = [
      ...(await crashesOf(ctx, 'update-', () => scenarioOf(ctx, update))),
      ...(await crashesOf(ctx, 'destroy-', () => scenarioOf(ctx, destroy))).filter(({ point }) => 'step' in point),
    ]
    /** Two for each crash: on the same record, and on another one. */
    const writes = new Map<Scenario, readonly Write[]>()
    await crashAll(
      ctx,
      selected(ctx, crashes),
      (crashed) => expectAnswered(ctx, crashed, writes.get(crashed.scenario) ?? []),
      ({ scenario, survivor }) => {
        if (survivor)
          writes.set(
            scenario,
            [0, 1].map((n) => write(ctx, survivor, at(stored(scenario.records), n))),
          )
      },
    )
  },
}

function write(ctx: RuleContext, store: SessionStore, record: StoredSession): Write {
  const operation: Operation = { kind: 'update', session: ctx.successor(record), expected: record.version }
  const answer = perform(store, operation)
  // Looked at once the process has died.
  answer.catch(() => {})
  return { operation, answer }
}

async function expectAnswered(ctx: RuleContext, crashed: Crashed, writes: readonly Write[]): Promise<void> {
  const { story, scenario, reopen } = crashed
  const [same, other] = [at(writes, 0), at(writes, 1)]
  await patiently(ctx, story, async () => {
    const answer = await story.next('update that was begun before', () => answerOf(same.answer, 'the update'))
    await story.next('update of another session', async () => {
      await expectAnswer(other.answer, 'saved', 'the update')
      return 'saved'
    })
    const fresh = await reopen()
    await story.next('load', async () => {
      const before = at(stored(scenario.records), 0)
      const loaded = await answerOf(fresh.load(before.id), 'load')
      expectSequence(crashed, same.operation, [answer, loaded && fieldsOf(loaded)])
    })
    await fresh.close()
  })
  ctx.draw(story.drawing)
}

type Outcome = readonly [answer: string, record: StoredSession | undefined]

/** The outcome is that of one before the other, or of the dead one's never having been. */
function expectSequence({ scenario, answer: given }: Crashed, second: Operation, actual: Outcome): void {
  const { operation: first, records } = scenario
  if (first.kind === 'list') throw new TypeError('a list writes nothing')
  const before = at(stored(records), 0)
  const [answer1, afterFirst] = predict(before, first)
  const alone = predict(before, second)
  const [answer2, afterBoth] = predict(alone[1], first)
  const outcomes: Outcome[] = [
    ...(given === undefined ? [alone] : []),
    ...(given === undefined || given === answer1 ? [predict(afterFirst, second)] : []),
    ...(given === undefined || given === answer2 ? [[alone[0], afterBoth] as const] : []),
  ]
  if (outcomes.some((outcome) => isDeepStrictEqual(outcome, actual))) return
  throw new ConformanceFailure('the outcome is that of no order of the two', { expected: outcomes, actual })
}
