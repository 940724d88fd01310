import type { StoredSession } from '@leeway/core/adapter'
import { expectEqual, expectRefusal } from '../engine/expect.ts'
import { ConformanceFailure } from '../engine/failure.ts'
import type { Rule } from '../engine/rule.ts'
import { refusedCalls } from './calls.ts'
import { expectNoLeak } from './leaks.ts'

const SECRET = 'the-payload-nobody-may-see'

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
]
