import { expectAbsent, expectAnswer, expectEqual, expectStored } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'
import { sweptPurge } from './needs.ts'
import { sweepAll } from './sweeping.ts'

export const resumedSweepRules: readonly Rule[] = [
  {
    id: 'SWEEP-009',
    level: 'MUST',
    tier: 'core',
    title: 'sweep started afresh removes what an abandoned one left',
    why: 'A sweeper may crash between two calls; nothing may depend on its cursor coming back.',
    needs: sweptPurge,
    async check(ctx) {
      const [crashed, store] = [await ctx.open(), await ctx.open()]
      const due = Array.from({ length: 12 }, () => ctx.session())
      for (const session of due.slice(0, 6)) await store.create(session)
      const cutoff = ctx.session().purgeAt
      await crashed.sweep({ cutoff, limit: 4, budgetMs: 10_000 })
      await crashed.close()
      for (const session of due.slice(6)) await store.create(session)
      const { removed } = await sweepAll(store, cutoff)
      expectEqual(removed, 8, 'what a fresh sweep removed of 8 records, 2 of them left by an abandoned sweep')
      for (const { id } of due) await expectAbsent(store, id, 'a fresh sweep left a record that was due')
    },
  },
  {
    id: 'SWEEP-010',
    level: 'MUST',
    tier: 'core',
    title: 'sweep resumed with a cursor of another handle removes what is due',
    why: 'Short-lived processes hand the cursor on, and a restart forgets what a handle kept in memory.',
    needs: sweptPurge,
    async check(ctx) {
      const [first, second] = [await ctx.open(), await ctx.open()]
      const due = Array.from({ length: 6 }, () => ctx.session())
      for (const session of due) await first.create(session)
      const cutoff = ctx.session().purgeAt
      const { cursor } = await first.sweep({ cutoff, limit: 2, budgetMs: 10_000 })
      await sweepAll(second, cutoff, { cursor })
      for (const { id } of due) await expectAbsent(second, id, "a sweep with another handle's cursor left a record")
    },
  },
  {
    id: 'SWEEP-011',
    level: 'MUST',
    tier: 'core',
    title: 'sweep keeps a record that an update renewed between two of its calls',
    why: 'A sweep that collects its victims first and deletes them later is the lost session of 2005, at batch size.',
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const due = Array.from({ length: 6 }, () => ctx.session())
      for (const session of due) await store.create(session)
      ctx.clock.advance(IDLE_MS + GRACE_MS)
      const cutoff = ctx.clock.now()
      const { cursor } = await store.sweep({ cutoff, limit: 2, budgetMs: 10_000 })
      const left = []
      for (const { id } of due) left.push(...[await store.load(id)].filter((session) => session !== undefined))
      const renewed = left.map((session) => ctx.successor(session))
      for (const [n, session] of renewed.entries()) {
        await expectAnswer(
          store.update(session, left[n]?.version ?? ''),
          'saved',
          'update between two calls of a sweep',
        )
      }
      await sweepAll(store, cutoff, { limit: 2, cursor })
      for (const session of renewed) await expectStored(store, session, 'sweep removed a record that had been renewed')
    },
  },
  {
    id: 'SWEEP-012',
    level: 'MUST',
    tier: 'core',
    title: 'sweep keeps a record that a touch renewed between two of its calls',
    why: 'A touch keeps the version, so a sweep that compares versions instead of purge times does not notice it.',
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const due = Array.from({ length: 6 }, () => ctx.session())
      for (const session of due) await store.create(session)
      ctx.clock.advance(IDLE_MS + GRACE_MS)
      const cutoff = ctx.clock.now()
      const { cursor } = await store.sweep({ cutoff, limit: 2, budgetMs: 10_000 })
      const lifetime = { expiresAt: cutoff + IDLE_MS, purgeAt: cutoff + IDLE_MS + GRACE_MS }
      const touched = []
      for (const session of due) if ((await store.touch(session, lifetime)) === 'touched') touched.push(session)
      await sweepAll(store, cutoff, { limit: 2, cursor })
      expectEqual(touched.length, 4, 'how many of 6 records could be touched after a sweep had removed 2')
      for (const session of touched) {
        await expectStored(store, { ...session, ...lifetime }, 'sweep removed a record that had been touched')
      }
    },
  },
]
