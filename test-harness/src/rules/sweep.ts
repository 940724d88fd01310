import { answerOf, expectAbsent, expectEqual, expectRefusal, expectStored, expectThat } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'
import { sweptPurge } from './needs.ts'
import { sweepAll } from './sweeping.ts'

export const sweepRules: readonly Rule[] = [
  {
    id: 'SWEEP-001',
    level: 'MUST',
    tier: 'core',
    title: 'sweep removes the records that are due and leaves all others',
    why: "On Python 3, mod_python's cleanup swallows an error at every file and has never deleted anything; so this is asserted.",
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const due = Array.from({ length: 40 }, () => ctx.session())
      for (const session of due) await store.create(session)
      const cutoff = ctx.session().purgeAt
      const kept = Array.from({ length: 40 }, (_, n) => ctx.session({ purgeAt: cutoff + 1 + n }))
      for (const session of kept) await store.create(session)
      await sweepAll(store, cutoff)
      for (const { id } of due) await expectAbsent(store, id, 'sweep left a record that was due')
      for (const session of kept) await expectStored(store, session, 'sweep removed a record that was not due')
    },
  },
  {
    id: 'SWEEP-002',
    level: 'MUST',
    tier: 'core',
    title: 'sweep counts as removed exactly what it removed, as examined no less, and no more than there is',
    why: 'A sweep that has stopped working is noticed by its counts or not at all (jetty #12705).',
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      for (let n = 0; n < 7; n++) await store.create(ctx.session())
      const cutoff = ctx.session().purgeAt
      await store.create(ctx.session({ purgeAt: cutoff + 1 }))
      const { removed, examined } = await sweepAll(store, cutoff)
      expectEqual(removed, 7, 'what sweep counted as removed of 7 records that were due')
      expectThat(examined >= removed, 'sweep examined fewer records than it removed', { examined, removed })
      expectThat(examined <= 8, 'sweep examined more records than there are', { examined })
      const again = await sweepAll(store, cutoff)
      expectEqual(again.removed, 0, 'what sweep counted as removed when nothing was due any more')
      expectThat(again.examined <= 1, 'sweep examined more records than there are', again)
    },
  },
  {
    id: 'SWEEP-003',
    level: 'MUST',
    tier: 'core',
    title: 'sweep of an empty store removes nothing and hands out no cursor',
    why: 'Most sweeps find nothing; they have to end.',
    async check(ctx) {
      const store = await ctx.open()
      const result = await answerOf(
        store.sweep({ cutoff: ctx.clock.now(), limit: 10, budgetMs: 10_000 }),
        'sweep of an empty store',
      )
      expectEqual(result.removed, 0, 'what sweep of an empty store counted as removed')
      expectEqual(result.cursor, undefined, 'the cursor that sweep of an empty store handed out')
    },
  },
  {
    id: 'SWEEP-004',
    level: 'MUST',
    tier: 'core',
    title: 'sweep removes at most `limit` records in one call',
    why: 'One unbounded DELETE locks the table against every request: Spring Session #838, connect-pg-simple #15, keycloak #44067.',
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const due = Array.from({ length: 26 }, () => ctx.session())
      for (const session of due) await store.create(session)
      const cutoff = ctx.session().purgeAt
      for (const limit of [1, 4, 16]) {
        const result = await answerOf(store.sweep({ cutoff, limit, budgetMs: 10_000 }), 'sweep')
        expectEqual(result.removed, limit, `what sweep with limit ${limit} removed while more records were due`)
        expectThat(result.cursor !== undefined, 'sweep reached its limit before its end and handed out no cursor')
      }
      const left = await Promise.all(due.map(({ id }) => store.load(id)))
      expectEqual(left.filter(Boolean).length, 5, 'how many of 26 records are left after 1, 4 and 16 were removed')
    },
  },
  {
    id: 'SWEEP-005',
    level: 'MUST',
    tier: 'core',
    title: 'sweep resumed with its cursors removes everything that is due, and ends',
    why: 'A cursor that skips leaves records for ever (1.8 million rows in open-chat-studio), one that repeats never ends.',
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const cutoff = ctx.session().purgeAt
      const kept = ctx.session({ purgeAt: cutoff + 1 })
      await store.create(kept)
      for (const limit of [1, 3, 5, 10, 11]) {
        const due = Array.from({ length: 10 }, () => ctx.session())
        for (const session of due) await store.create(session)
        const { removed } = await sweepAll(store, cutoff, { limit })
        expectEqual(removed, 10, `what a sweep with limit ${limit} removed of 10 records that were due`)
        for (const { id } of due)
          await expectAbsent(store, id, `a sweep with limit ${limit} left a record that was due`)
      }
      await expectStored(store, kept, 'sweep removed a record that was not due')
    },
  },
  {
    id: 'SWEEP-006',
    level: 'MUST',
    tier: 'core',
    title: 'sweep with the smallest budget still gets on, and removes everything in the end',
    why: 'A budget that is used up before the first record makes a sweep that runs for ever and removes nothing.',
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const due = Array.from({ length: 60 }, () => ctx.session())
      await Promise.all(due.map((session) => store.create(session)))
      const { removed } = await sweepAll(store, ctx.session().purgeAt, { budgetMs: 1 })
      expectEqual(removed, 60, 'what a sweep with a budget of 1 ms removed of 60 records that were due')
      for (const { id } of due)
        await expectAbsent(store, id, 'a sweep with a budget of 1 ms left a record that was due')
    },
  },
  {
    id: 'SWEEP-007',
    level: 'MUST',
    tier: 'core',
    title: 'sweep goes by the cutoff alone, not by the clock',
    why: 'Core decides when a record is due; the sweeper of a machine whose clock is ahead must not decide otherwise.',
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      ctx.clock.advance(100 * (IDLE_MS + GRACE_MS))
      await sweepAll(store, session.purgeAt - 1)
      await expectStored(store, session, 'sweep with an early cutoff removed a record because of the clock')
      ctx.clock.jumpTo(session.expiresAt - IDLE_MS)
      await sweepAll(store, session.purgeAt)
      await expectAbsent(store, session.id, 'sweep with a late cutoff left a record because of the clock')
    },
  },
  {
    id: 'SWEEP-008',
    level: 'MUST',
    tier: 'core',
    title: 'sweep refuses a limit, cutoff or budget that is no such number, and removes nothing',
    why: '`if (!limit)` turns 0 into "all" and NaN into "never": wrong values are refused, not interpreted.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const valid = { cutoff: session.purgeAt, limit: 10, budgetMs: 1_000 }
      const wrong = [
        { limit: 0 },
        { limit: -1 },
        { limit: 1.5 },
        { limit: Number.NaN },
        { limit: Number.POSITIVE_INFINITY },
        { cutoff: Number.NaN },
        { cutoff: Number.POSITIVE_INFINITY },
        { cutoff: session.purgeAt + 0.5 },
        { budgetMs: 0 },
        { budgetMs: -1 },
        { budgetMs: Number.NaN },
      ]
      for (const options of wrong) {
        const [[name, value] = []] = Object.entries(options)
        await expectRefusal(
          () => store.sweep({ ...valid, ...options }),
          'ERR_INVALID_OPTION',
          `sweep with ${name} ${value}`,
        )
      }
      await expectStored(store, session, 'a sweep that was refused removed a record')
    },
  },
]
