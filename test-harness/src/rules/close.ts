import type { SessionStore } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { answerOf, expectAnswer, expectEqual, expectRefusal, expectStored, expectThat } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { Stepper } from '../engine/stepper.ts'
import { validCalls } from './calls.ts'
import { at } from './handles.ts'

/** Turns of the microtask queue in which promises hand on an answer that is there. No input or output fits in. */
const HANDING_ON = 100

export const closeRules: readonly Rule[] = [
  {
    id: 'CLOSE-001',
    level: 'MUST',
    tier: 'core',
    title: 'close resolves, also when it is called again or twice at once',
    why: 'Shutdown hooks pile up; a close that hangs or rejects keeps the process from ending (memorystore #31).',
    async check(ctx) {
      const store = await ctx.open()
      await store.create(ctx.session())
      await answerOf(Promise.all([store.close(), store.close()]), 'close called twice at once')
      await answerOf(store.close(), 'close called again')
    },
  },
  {
    id: 'CLOSE-002',
    level: 'MUST',
    tier: 'core',
    title: 'after close every call rejects with `ERR_STORE_CLOSED`',
    why: 'A late request must neither read "no session" nor reopen what was closed.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      await store.close()
      for (const [name, call] of validCalls(ctx, store, ctx.session())) {
        await expectRefusal(call, 'ERR_STORE_CLOSED', `${name} after close`)
      }
      await expectStored(await ctx.open(), session, 'the record after calls on a closed handle')
    },
  },
  {
    id: 'CLOSE-003',
    level: 'MUST',
    tier: 'core',
    title: 'close waits for the calls that are under way, called again too, and they keep their answers',
    why: 'A deployment closes the store while requests save. What is acknowledged must be stored, what cannot be stored must say so.',
    async check(ctx) {
      await closeDuringCalls(ctx)
      const { length } = callsOfOneRecord(ctx, await ctx.open())
      for (let n = 0; n < length; n++) await closeDuringHeldCall(ctx, n)
    },
  },
  {
    id: 'CLOSE-004',
    level: 'SHOULD',
    tier: 'core',
    title: 'calls are refused from the moment close has been called',
    why: 'Otherwise a busy server never drains: each call that is waited for lets another one in.',
    async check(ctx) {
      const store = await ctx.open()
      await store.create(ctx.session())
      const closing = store.close()
      for (const [name, call] of validCalls(ctx, store, ctx.session())) {
        await expectRefusal(call, 'ERR_STORE_CLOSED', `${name} right after the call of close`)
      }
      await answerOf(closing, 'close')
    },
  },
  {
    id: 'CLOSE-005',
    level: 'MUST',
    tier: 'core',
    title: 'closing one handle leaves the others on the same records open',
    why: 'Two parts of an application may each open the store; the first to stop must not stop the other.',
    async check(ctx) {
      const [first, second] = [await ctx.open(), await ctx.open()]
      const session = ctx.session()
      await first.create(session)
      await first.close()
      await expectStored(second, session, 'load on the handle that is still open')
      const next = ctx.successor(session)
      await expectAnswer(second.update(next, session.version), 'saved', 'update on the handle that is still open')
    },
  },
]

/** Calls of every operation under way at once: when close resolves, each has settled, and with its own answer. */
async function closeDuringCalls(ctx: RuleContext): Promise<void> {
  const store = await ctx.open()
  const sessions = Array.from({ length: 20 }, () => ctx.session())
  const creates = sessions.map((session) => store.create(session))
  const others = callsOfOneRecord(ctx, store).map(([name, call]) => [name, call()] as const)
  const underWay = [...creates, ...others.map(([, call]) => call)]
  let settled = 0
  const count = () => void settled++
  for (const call of underWay) void call.then(count, count)
  const closing = closeTwice(store)
  await answerOf(Promise.race(closing), 'close while calls are under way')
  for (let turn = 0; turn < HANDING_ON; turn++) await undefined
  expectEqual(settled, underWay.length, 'how many calls under way at close had settled when it resolved')
  await answerOf(Promise.all(closing), 'close while calls are under way')
  for (const create of creates) await expectAnswer(create, 'created', 'a create that was under way at close')
  for (const [name, call] of others) await answerOf(call, `a ${name} that was under way at close`)
  const reopened = await ctx.open()
  for (const session of sessions) await expectStored(reopened, session, 'a create acknowledged during close')
}

/** One call held before its first backend call: close does not resolve until it goes on. Nothing to see without `step`. */
async function closeDuringHeldCall(ctx: RuleContext, n: number): Promise<void> {
  const stepper = new Stepper(ctx.patience)
  const store = await ctx.open({ step: stepper.step })
  const [name, call] = at(callsOfOneRecord(ctx, store), n)
  const held = await stepper.hold(0, call)
  if (!held.isHeld) return void (await answerOf(held.finish(), name))
  const resolved: string[] = []
  const closing = closeTwice(store)
  for (const [n, one] of closing.entries()) {
    void one.then(
      () => resolved.push(n === 0 ? 'close' : 'a second close'),
      () => {},
    )
  }
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
  const [early] = resolved
  // Whatever the verdict, nothing stays held: the kit closes the store after the rule.
  const answering = held.finish()
  expectThat(early === undefined, `${early} resolved while a ${name} was held before its first step`)
  await answerOf(answering, `a ${name} that was held at close`)
  await answerOf(Promise.all(closing), `close while a ${name} was held`)
}

/** Shutdown hooks pile up, and each goes on when its own close has resolved. */
function closeTwice(store: SessionStore): readonly Promise<void>[] {
  return [0, 1].map(async () => store.close())
}

/** Every operation, on a record that is swept before all others of the rule. */
function callsOfOneRecord(ctx: RuleContext, store: SessionStore): ReturnType<typeof validCalls> {
  const now = ctx.clock.now()
  const session = ctx.session({ expiresAt: now + 1_000, purgeAt: now + 2_000 })
  return validCalls(ctx, store, session)
}
