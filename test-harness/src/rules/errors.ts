import { inspect } from 'node:util'
import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import {
  expectAbsent,
  expectAnswer,
  expectEqual,
  expectOneOf,
  expectRefusal,
  expectStored,
  expectThat,
} from '../engine/expect.ts'
import { ConformanceFailure } from '../engine/failure.ts'
import type { Rule } from '../engine/rule.ts'
import { both, corruptHook, failHook, sweptPurge } from './needs.ts'
import { sweepAll } from './sweeping.ts'

const SECRET = 'the-payload-nobody-may-see'
const backendCodes = ['ERR_STORE_FAILED', 'ERR_STORE_TIMEOUT'] as const

export const errorRules: readonly Rule[] = [
  {
    id: 'ERROR-001',
    level: 'MUST',
    tier: 'core',
    title: 'every refusal names the operation that was called',
    why: 'Codes and operations are what alerts are built on; prose is not.',
    async check(ctx) {
      const store = await ctx.open()
      for (const [operation, call] of refusedCalls(ctx, store)) {
        const error = await expectRefusal(
          call,
          ['ERR_INVALID_ID', 'ERR_INVALID_OPTION'],
          `${operation} with a wrong value`,
        )
        expectEqual(error.operation, operation, `the operation named in the refusal of ${operation}`)
      }
    },
  },
  {
    id: 'ERROR-002',
    level: 'MUST',
    tier: 'core',
    title: 'refusals are rejections; no operation throws',
    why: 'A `.catch` does not see what is thrown before there is a promise: the request crashes instead.',
    async check(ctx) {
      const store = await ctx.open()
      for (const [operation, call] of refusedCalls(ctx, store)) {
        try {
          await call().catch(() => {})
        } catch {
          throw new ConformanceFailure(`${operation} threw instead of returning a promise that rejects`)
        }
      }
    },
  },
  {
    id: 'ERROR-003',
    level: 'MUST',
    tier: 'core',
    title: 'no refusal contains the id or the payload',
    why: 'Errors are logged and sent to third parties. Six characters of the id are enough to find it and too few to use it.',
    async check(ctx) {
      const store = await ctx.open({ maxPayloadBytes: 4_096 })
      const session = ctx.session({ payload: SECRET })
      await store.create(session)
      const wrong: Partial<StoredSession>[] = [
        { payload: `${SECRET}\ud800` },
        { payload: SECRET.repeat(store.capabilities.maxPayloadBytes) },
        { expiresAt: Number.NaN },
        { owner: 'x'.repeat(256) },
        { version: `${session.version}!` },
        { id: `${session.id}a` },
      ]
      for (const fields of wrong) {
        const [field] = Object.keys(fields)
        for (const call of [
          () => store.create({ ...session, ...fields }),
          () => store.update({ ...session, ...fields }, session.version),
        ]) {
          await expectNoLeak(call, session, `the refusal of a wrong ${field}`)
        }
      }
      await store.close()
      await expectNoLeak(() => store.load(session.id), session, 'the refusal after close')
      await expectNoLeak(() => store.create(session), session, 'the refusal after close')
    },
  },
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
    level: 'MUST',
    tier: 'core',
    title: 'every operation rejects with `ERR_STORE_FAILED` or `ERR_STORE_TIMEOUT` while the backend fails',
    why: 'A failed read that resolves as a value logs everybody out; connect-redis hung requests instead (#373, #400).',
    needs: failHook,
    async check(ctx) {
      const store = await ctx.openFailing()
      const session = ctx.session({ payload: SECRET })
      for (const [operation, call] of validCalls(ctx, store, session)) {
        const error = await expectRefusal(call, backendCodes, `${operation} on a failing backend`)
        expectEqual(error.operation, operation, `the operation named when the backend fails under ${operation}`)
        await expectNoLeak(call, session, `the rejection of ${operation} on a failing backend`)
      }
    },
  },
  {
    id: 'ERROR-008',
    level: 'SHOULD',
    tier: 'core',
    title: "a rejection because of the backend carries the backend's own error as its cause",
    why: 'Without it nobody can tell a full disk from a wrong password.',
    needs: failHook,
    async check(ctx) {
      const store = await ctx.openFailing()
      for (const [operation, call] of validCalls(ctx, store, ctx.session())) {
        const error = await expectRefusal(call, backendCodes, `${operation} on a failing backend`)
        if (error.code === 'ERR_STORE_FAILED') {
          expectThat(error.cause !== undefined, `the rejection of ${operation} on a failing backend has no cause`)
        }
      }
    },
  },
  {
    id: 'ERROR-009',
    level: 'MUST',
    tier: 'core',
    title: 'close works while the backend fails',
    why: 'A shutdown during an outage has to end as well.',
    needs: failHook,
    async check(ctx) {
      const store = await ctx.openFailing()
      await store.load(ctx.id()).catch(() => {})
      const outcome = await store.close().then(
        () => 'resolved',
        () => 'rejected',
      )
      expectOneOf(outcome, ['resolved', 'rejected'], 'close on a failing backend')
      await expectRefusal(() => store.load(ctx.id()), 'ERR_STORE_CLOSED', 'load after close on a failing backend')
    },
  },
  {
    id: 'ERROR-010',
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
]

type NamedCall = [operation: string, call: () => Promise<unknown>]

/** A call of every operation that has to be refused. */
function refusedCalls(ctx: RuleContext, store: SessionStore): NamedCall[] {
  const wrong = { ...ctx.session(), id: 'wrong' }
  const calls: NamedCall[] = [
    ['create', () => store.create(wrong)],
    ['load', () => store.load(wrong.id)],
    ['update', () => store.update(wrong, ctx.version())],
    ['touch', () => store.touch(wrong, wrong)],
    ['destroy', () => store.destroy(wrong.id)],
    ['sweep', () => store.sweep({ cutoff: 0, limit: 0, budgetMs: 1 })],
  ]
  const { list } = store
  if (list) calls.push(['list', () => list({ limit: 0 })])
  return calls
}

/** A call of every operation that a working backend would answer. */
function validCalls(ctx: RuleContext, store: SessionStore, session: StoredSession): NamedCall[] {
  const calls: NamedCall[] = [
    ['create', () => store.create(session)],
    ['load', () => store.load(session.id)],
    ['update', () => store.update(session, ctx.version())],
    ['touch', () => store.touch(session, session)],
    ['destroy', () => store.destroy(session.id)],
  ]
  if (ctx.capabilities.purge === 'sweep') {
    calls.push(['sweep', () => store.sweep({ cutoff: session.purgeAt, limit: 10, budgetMs: 1_000 })])
  }
  const { list } = store
  if (list) calls.push(['list', () => list({ limit: 10 })])
  return calls
}

/** Neither the error's text nor anything that hangs on it contains the whole id or the payload. */
async function expectNoLeak(call: () => Promise<unknown>, { id, payload }: StoredSession, what: string): Promise<void> {
  const error = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const text = inspect(error, { depth: 8, showHidden: true, maxStringLength: null })
  expectThat(!text.includes(id), `${what} contains the whole id`)
  expectThat(!text.includes(payload), `${what} contains the payload`)
}
