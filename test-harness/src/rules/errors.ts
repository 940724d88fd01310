import type { StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { expectEqual, expectRefusal } from '../engine/expect.ts'
import { ConformanceFailure } from '../engine/failure.ts'
import type { Rule } from '../engine/rule.ts'
import { expectNoLeak } from './leaks.ts'
import { closedRefusals, type Refusal, refusals } from './refusals.ts'
import { LONGEST_TRIED } from './sizes.ts'

const SECRET = 'the-payload-nobody-may-see'

export const errorRules: readonly Rule[] = [
  {
    id: 'ERROR-001',
    level: 'MUST',
    tier: 'core',
    title: 'every refusal names the operation that was called',
    why: 'Codes and operations are what alerts are built on; prose is not.',
    async check(ctx) {
      for await (const { operation, what, codes, call } of everyRefusal(ctx)) {
        const error = await expectRefusal(call, codes, `${operation} with ${what}`)
        expectEqual(error.operation, operation, `the operation named in the refusal of ${operation} with ${what}`)
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
      for await (const { operation, what, call } of everyRefusal(ctx)) {
        try {
          await call().catch(() => {})
        } catch {
          throw new ConformanceFailure(`${operation} threw instead of returning a promise that rejects: ${what}`)
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
      const { maxPayloadBytes } = store.capabilities
      const wrong: Partial<StoredSession>[] = [
        { payload: `${SECRET}\ud800` },
        ...(maxPayloadBytes <= LONGEST_TRIED ? [{ payload: SECRET.padEnd(maxPayloadBytes + 1, '.') }] : []),
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

/** What a store refuses while it is open, and then what it refuses because it is closed. */
async function* everyRefusal(ctx: RuleContext): AsyncGenerator<Refusal> {
  const store = await ctx.open({ maxPayloadBytes: 4_096 })
  yield* refusals(ctx, store)
  await store.close()
  yield* closedRefusals(ctx, store)
}
