import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import {
  answerOf,
  expectAbsent,
  expectAnswer,
  expectEqual,
  expectRefusal,
  expectStored,
  expectThat,
} from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { type NamedCall, validCalls } from './calls.ts'
import { expectNoLeak } from './leaks.ts'
import { idsOf, listAll } from './listing.ts'
import { both, corruptHook, failHook, listing, sweptPurge } from './needs.ts'
import { sweepAll } from './sweeping.ts'

const SECRET = 'the-payload-nobody-may-see'
const backendCodes = ['ERR_STORE_FAILED', 'ERR_STORE_TIMEOUT'] as const

export const backendFailureRules: readonly Rule[] = [
  {
    id: 'ERROR-004',
    level: 'MUST',
    tier: 'core',
    title: 'load of a record that cannot be read rejects; it does not answer "absent"',
    why: 'mod_python and session-file-store log the error and start a new session: a damaged disk logs everybody out in silence (laravel #7549).',
    needs: corruptHook,
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session({ payload: SECRET })
      await store.create(session)
      await ctx.corrupt(session.id)
      const reader = await ctx.open()
      await expectRefusal(() => reader.load(session.id), backendCodes, 'load of a damaged record')
      await expectNoLeak(() => reader.load(session.id), session, 'the rejection of load of a damaged record')
    },
  },
  {
    id: 'ERROR-005',
    level: 'MUST',
    tier: 'core',
    title: 'a record that cannot be read gets in the way of no other',
    why: "One poisoned record has failed every request (Spring Session #2021, tomcat-redis-session #5), and not only its own user's.",
    needs: corruptHook,
    async check(ctx) {
      const store = await ctx.open()
      const [before, damaged, after] = [ctx.session(), ctx.session(), ctx.session()]
      for (const session of [before, damaged, after]) await store.create(session)
      await ctx.corrupt(damaged.id)
      const reader = await ctx.open()
      for (const session of [before, after]) {
        await expectStored(reader, session, 'the neighbour of a damaged record')
        const next = ctx.successor(session)
        await expectAnswer(reader.update(next, session.version), 'saved', 'update of the neighbour of a damaged record')
        await expectAnswer(reader.destroy(session.id), 'destroyed', 'destroy of the neighbour of a damaged record')
      }
    },
  },
  {
    id: 'ERROR-013',
    level: 'MUST',
    tier: 'core',
    title: 'a record that cannot be read does not keep others from being listed',
    why: '"Log out everywhere" lists first: one damaged record of a user must not keep all the others alive.',
    needs: both(corruptHook, listing),
    async check(ctx) {
      const store = await ctx.open()
      const sessions = ['before', 'damaged', 'after'].map(() => ctx.session({ owner: 'user-1' }))
      for (const session of sessions) await store.create(session)
      const [before, damaged, after] = sessions.map(({ id }) => id)
      if (damaged !== undefined) await ctx.corrupt(damaged)
      const reader = await ctx.open()
      for (const owner of ['user-1', undefined]) {
        const listed = await answerOf(listAll(reader, { owner, limit: 2 }), 'list beside a damaged record')
        const others = [...idsOf(listed)].filter((id) => id !== damaged)
        expectEqual(others.toSorted(), [before, after].toSorted(), 'those that are listed beside a damaged record')
      }
    },
  },
  {
    id: 'ERROR-006',
    level: 'SHOULD',
    tier: 'core',
    title: 'destroy removes a record that cannot be read',
    why: 'Its user is locked out with an error until somebody can remove it.',
    needs: corruptHook,
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      await ctx.corrupt(session.id)
      const other = await ctx.open()
      await expectAnswer(other.destroy(session.id), 'destroyed', 'destroy of a damaged record')
      await expectAnswer(
        other.create(ctx.session({ id: session.id })),
        'created',
        'create after destroying a damaged record',
      )
    },
  },
  {
    id: 'ERROR-007',
    level: 'SHOULD',
    tier: 'core',
    title: 'a record that cannot be read does not keep the sweep from the others',
    why: "mod_python's cleanup stops at the first exception for an hour, tower-sessions' for good.",
    needs: both(corruptHook, sweptPurge),
    async check(ctx) {
      const store = await ctx.open()
      const [before, damaged, after] = [ctx.session(), ctx.session(), ctx.session()]
      for (const session of [before, damaged, after]) await store.create(session)
      await ctx.corrupt(damaged.id)
      const sweeper = await ctx.open()
      await sweepAll(sweeper, ctx.session().purgeAt)
      for (const { id } of [before, after]) await expectAbsent(sweeper, id, 'a due record beside a damaged one')
    },
  },
  {
    id: 'ERROR-008',
    level: 'MUST',
    tier: 'core',
    title: 'every operation rejects with `ERR_STORE_FAILED` or `ERR_STORE_TIMEOUT` while the backend fails',
    why: 'A failed read that resolves as a value logs everybody out; connect-redis hung requests instead (#373, #400).',
    needs: failHook,
    async check(ctx) {
      const store = await ctx.openFailing()
      const session = ctx.session({ payload: SECRET })
      for (const [operation, call] of backendCalls(ctx, store, session)) {
        const error = await expectRefusal(call, backendCodes, `${operation} on a failing backend`)
        expectEqual(error.operation, operation, `the operation named when the backend fails under ${operation}`)
        await expectNoLeak(call, session, `the rejection of ${operation} on a failing backend`)
      }
    },
  },
  {
    id: 'ERROR-009',
    level: 'SHOULD',
    tier: 'core',
    title: "a rejection because of the backend carries the backend's own error as its cause",
    why: 'Without it nobody can tell a full disk from a wrong password.',
    needs: failHook,
    async check(ctx) {
      const store = await ctx.openFailing()
      for (const [operation, call] of backendCalls(ctx, store, ctx.session())) {
        const error = await expectRefusal(call, backendCodes, `${operation} on a failing backend`)
        if (error.code === 'ERR_STORE_FAILED') {
          expectThat(error.cause !== undefined, `the rejection of ${operation} on a failing backend has no cause`)
        }
      }
    },
  },
  {
    id: 'ERROR-010',
    level: 'MUST',
    tier: 'core',
    title: 'close works while the backend fails',
    why: 'A shutdown during an outage has to end as well.',
    needs: failHook,
    async check(ctx) {
      const store = await ctx.openFailing()
      await store.load(ctx.id()).catch(() => {})
      await store.close().catch(() => {})
      await expectRefusal(() => store.load(ctx.id()), 'ERR_STORE_CLOSED', 'load after close on a failing backend')
    },
  },
]

/** A backend that purges by itself need not be asked for a sweep. */
function backendCalls(ctx: RuleContext, store: SessionStore, session: StoredSession): NamedCall[] {
  return validCalls(ctx, store, session).filter(([name]) => name !== 'sweep' || ctx.capabilities.purge === 'sweep')
}
