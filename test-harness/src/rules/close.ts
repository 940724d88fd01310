import { answerOf, expectAnswer, expectEqual, expectRefusal, expectStored } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { validCalls } from './calls.ts'

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
    title: 'close waits for the calls that are under way, and they keep their answers',
    why: 'A deployment closes the store while requests save. What is acknowledged must be stored, what cannot be stored must say so.',
    async check(ctx) {
      const store = await ctx.open()
      const sessions = Array.from({ length: 20 }, () => ctx.session())
      let settled = 0
      const creates = sessions.map((session) => store.create(session))
      for (const create of creates) void create.catch(() => {}).then(() => settled++)
      await answerOf(store.close(), 'close while creates are under way')
      // One turn of the event loop, for promises that hand an answer on which is there already.
      await new Promise(setImmediate)
      expectEqual(settled, creates.length, 'creates under way at close that had settled when it resolved')
      for (const create of creates) await expectAnswer(create, 'created', 'a create that was under way at close')
      const other = await ctx.open()
      for (const session of sessions)
        await expectStored(other, session, 'a create acknowledged during close is not stored')
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
