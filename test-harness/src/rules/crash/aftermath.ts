import type { SessionId, SessionStore } from '@leeway/core/adapter'
import type { RuleContext } from '../../engine/context.ts'
import { TIMED_OUT, within } from '../../engine/deadline.ts'
import { expectAnswer, expectEqual } from '../../engine/expect.ts'
import type { Crashed } from './points.ts'
import { expectEither, expectRecords, type Interrupted, idOf, performAny, predictAll, type Records } from './records.ts'
import type { CrashStory } from './story.ts'

/** Of the deadline, so that a failure still tells which crash it was before the rule itself runs out of time. */
const PATIENCE = 0.8

/** Does what comes after a crash; who waits too long there waits for the dead. */
export async function patiently(ctx: RuleContext, story: CrashStory, work: () => Promise<void>): Promise<void> {
  const ms = ctx.settings.deadlineMs * PATIENCE
  if ((await within(ms, work(), () => story.lastSign)) === TIMED_OUT) throw story.silence(ms)
}

/** Everything that has to hold once a process has died, for those that were there meanwhile and those that come later. */
export async function expectSound(ctx: RuleContext, crashed: Crashed): Promise<void> {
  const { story, reopen } = crashed
  const fresh = await reopen()
  await patiently(ctx, story, () => expectUsable(ctx, crashed, fresh))
  ctx.draw(story.drawing)
  await fresh.close()
}

async function expectUsable(ctx: RuleContext, crashed: Crashed, fresh: SessionStore): Promise<void> {
  const { story, scenario, survivor = fresh } = crashed
  const { operation } = scenario
  let records = scenario.records
  await story.next('load and list', async () => {
    records = await expectFound(crashed, fresh)
  })
  /** One handle does something, and the other sees what has become of it. */
  const next = async (label: string, store: SessionStore, what: Interrupted): Promise<void> => {
    const [expected, after] = predictAll(records, what)
    await story.next(label, async () => {
      await expectAnswer(performAny(store, what), expected, `${what.kind} answers`)
      return expected
    })
    records = after
    await story.next(`${label}, load and list`, () => expectRecords(store === fresh ? survivor : fresh, records))
  }
  await next(`${operation.kind} again`, fresh, operation)
  const id = targetOf(crashed)
  await next('destroy', survivor, { kind: 'destroy', id })
  if (operation.kind === 'update' || operation.kind === 'touch') await next('too late', fresh, operation)
  await next('create', fresh, { kind: 'create', session: ctx.session({ id, owner: 'ann' }) })
  if (ctx.capabilities.purge === 'sweep') await next('sweep', survivor, { kind: 'sweep', cutoff: ctx.clock.now() })
}

/** The records are as they were or as they were being written; what was acknowledged is there. */
async function expectFound({ scenario, answer, survivor }: Crashed, fresh: SessionStore): Promise<Records> {
  const { records, operation } = scenario
  const [expected, after] = predictAll(records, operation)
  const found = await expectEither(fresh, records, after)
  if (answer !== undefined) {
    expectEqual(answer, expected, `${operation.kind} answers`)
    expectEqual([...found.values()], [...after.values()], `an acknowledged ${operation.kind} is lost`)
  }
  if (survivor) await expectRecords(survivor, found)
  return found
}

/** The record that the operation was about, or the first of those. */
function targetOf({ scenario: { records, operation } }: Crashed): SessionId {
  if (operation.kind !== 'sweep' && operation.kind !== 'list') return idOf(operation)
  const [first] = records.keys()
  if (first === undefined) throw new RangeError('nothing was stored')
  return first
}
