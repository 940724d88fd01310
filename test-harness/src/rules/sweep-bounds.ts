import { setTimeout as pause } from 'node:timers/promises'
import { answerOf, expectEqual, expectThat } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { createMany, MANY } from './many.ts'
import { sweptPurge } from './needs.ts'
import { sweepAll } from './sweeping.ts'

/** So long does every backend call take, in real milliseconds, of a sweep that may take `BUDGET_MS`. */
const CALL_MS = 5
const BUDGET_MS = 20
/** What was begun when the budget ran out is finished within so long, or by so many backend calls one after another. */
const FINISHING_MS = 100
const FINISHING_CALLS = 20

export const sweepBoundRules: readonly Rule[] = [
  {
    id: 'SWEEP-013',
    level: 'MUST',
    tier: 'core',
    title: 'sweep that has used up its budget ends soon, and hands out a cursor for the rest',
    why: 'A slow disk turns a batch into minutes; whoever waits for the sweep, a shutdown for one, waits as long.',
    needs: sweptPurge,
    async check(ctx) {
      const due = Array.from({ length: 60 }, () => ctx.session())
      await createMany(ctx, await ctx.open(), due)
      let [started, underWay, late] = [Number.POSITIVE_INFINITY, 0, 0]
      // Nothing to see where a sweep is a single call.
      const store = await ctx.open({
        step: async () => {
          const isLate = performance.now() - started > BUDGET_MS + FINISHING_MS
          // Calls at the same time take no longer than one.
          if (isLate && underWay === 0) late++
          underWay++
          await pause(CALL_MS)
          underWay--
        },
      })
      started = performance.now()
      const sweep = store.sweep({ cutoff: ctx.session().purgeAt, limit: 1_000, budgetMs: BUDGET_MS })
      const { removed, cursor } = await answerOf(sweep, 'sweep')
      expectThat(late <= FINISHING_CALLS, 'sweep went on long after its budget was used up', { removed, late })
      const isDone = removed === due.length
      expectThat(isDone || cursor !== undefined, 'sweep ended at its budget and handed out no cursor', { removed })
    },
  },
  {
    id: 'SWEEP-014',
    level: 'MUST',
    tier: 'core',
    title: 'sweep removes what is due of many records, not only of the first page of them',
    why: 'Backends answer in pages, of 100 records here and 1,000 there: a sweep that reads no further falls behind for ever, unnoticed until there are enough sessions.',
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const cutoff = ctx.session().purgeAt
      const sessions = Array.from({ length: MANY }, (_, n) => ctx.session(n % 8 === 0 ? { purgeAt: cutoff + 1 } : {}))
      const stored = await createMany(ctx, store, sessions)
      const due = stored.filter(({ purgeAt }) => purgeAt <= cutoff)
      const first = await sweepAll(store, cutoff, { limit: 10_000 })
      expectEqual(first.removed, due.length, 'what a sweep removed of many records that were due')
      const second = await sweepAll(store, cutoff + 1, { limit: 10_000 })
      expectEqual(second.removed, stored.length - due.length, 'what a later sweep removed of the others')
    },
  },
]
