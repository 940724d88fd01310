import type { SessionStore } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { expectAbsent, expectAnswer, expectStored } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'
import { sweptPurge } from './needs.ts'
import { sweepAll } from './sweeping.ts'

const DAY_MS = 86_400_000

export const boundaryRules: readonly Rule[] = [
  {
    id: 'GRACE-001',
    level: 'MUST',
    tier: 'core',
    title: 'load gives the record back a millisecond before, at and after its expiry',
    why: 'Two official stores of scs disagree at the very instant of expiry. Here core decides, once, for all stores.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      ctx.clock.advance(IDLE_MS - 1)
      await expectStored(store, session, 'load a millisecond before the expiry')
      ctx.clock.advance(1)
      await expectStored(store, session, 'load at the expiry')
      ctx.clock.advance(1)
      await expectStored(store, session, 'load a millisecond after the expiry')
    },
  },
  {
    id: 'GRACE-002',
    level: 'MUST',
    tier: 'core',
    title: 'load gives the record back until a millisecond before its purge time',
    why: 'This is the grace: as long as it lasts, a record that is missing can only have been revoked.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      ctx.clock.advance(IDLE_MS + GRACE_MS - 1)
      await expectStored(store, session, 'load a millisecond before the purge time')
    },
  },
  {
    id: 'GRACE-003',
    level: 'MUST',
    tier: 'core',
    title: 'sweep at the expiry, a millisecond before or after it, removes nothing',
    why: 'Deleting at the expiry is what throws users out in mid-request: connect-mongo #459, uwazi #5373, Spring Session #2786.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      for (const cutoff of [session.expiresAt - 1, session.expiresAt, session.expiresAt + 1]) {
        await sweepAll(store, cutoff)
        await expectStored(store, session, `sweep ${cutoff - session.expiresAt} ms from the expiry removed the record`)
      }
    },
  },
  {
    id: 'GRACE-004',
    level: 'MUST',
    tier: 'core',
    title: 'sweep a millisecond before the purge time removes nothing',
    why: 'The grace is promised to the last millisecond: a request that lasts as long may still save.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      await sweepAll(store, session.purgeAt - 1)
      await expectStored(store, session, 'sweep a millisecond before the purge time removed the record')
    },
  },
  {
    id: 'GRACE-005',
    level: 'MUST',
    tier: 'core',
    title: 'sweep at the purge time removes the record',
    why: '`purgeAt <= cutoff`: with `<` a sweep at the very instant leaves what a native TTL has dropped.',
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      await sweepAll(store, session.purgeAt)
      await expectAbsent(store, session.id, 'sweep at the purge time left the record')
    },
  },
  {
    id: 'GRACE-006',
    level: 'MUST',
    tier: 'core',
    title: 'sweep a millisecond after the purge time removes the record',
    why: 'A store that counts in seconds, or compares text, is late by up to a second or for ever (better-sqlite3-session-store #9).',
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session({ expiresAt: ctx.clock.now() + 1_001 })
      await store.create(session)
      await sweepAll(store, session.purgeAt + 1)
      await expectAbsent(store, session.id, 'sweep a millisecond after the purge time left the record')
    },
  },
  {
    id: 'GRACE-007',
    level: 'MUST',
    tier: 'core',
    title: 'sweep goes by the purge time of the last update',
    why: 'An index that keeps the old purge time deletes a session that has just been saved.',
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      ctx.clock.advance(1_000)
      const renewed = ctx.successor(session)
      await store.update(renewed, session.version)
      await sweepAll(store, renewed.purgeAt - 1)
      await expectStored(store, renewed, 'sweep before the purge time of the update removed the record')
      await sweepAll(store, renewed.purgeAt)
      await expectAbsent(store, session.id, 'sweep at the purge time of the update left the record')
    },
  },
  {
    id: 'GRACE-008',
    level: 'MUST',
    tier: 'core',
    title: 'sweep goes by the purge time of the last touch',
    why: 'A touch that renews the record but not what the sweep looks at keeps the session only until the next sweep.',
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const lifetime = { expiresAt: session.expiresAt + 1_000, purgeAt: session.purgeAt + 1_000 }
      await store.touch(session, lifetime)
      await sweepAll(store, lifetime.purgeAt - 1)
      await expectStored(
        store,
        { ...session, ...lifetime },
        'sweep before the purge time of the touch removed the record',
      )
      await sweepAll(store, lifetime.purgeAt)
      await expectAbsent(store, session.id, 'sweep at the purge time of the touch left the record')
    },
  },
  {
    id: 'GRACE-009',
    level: 'MUST',
    tier: 'core',
    title: 'sweep goes by the old purge time after an update has shortened the expiry',
    why: 'A request that loaded the session before it was shortened may still be running, and its save must find it.',
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const shorter = ctx.successor(session, { expiresAt: ctx.clock.now() + 1_000 })
      await store.update(shorter, session.version)
      await sweepAll(store, session.purgeAt - 1)
      await expectStored(store, { ...shorter, purgeAt: session.purgeAt }, 'sweep removed a shortened record too early')
      await sweepAll(store, session.purgeAt)
      await expectAbsent(store, session.id, 'sweep at the purge time left a shortened record')
    },
  },
  {
    id: 'GRACE-010',
    level: 'MUST',
    tier: 'core',
    title: 'two handles whose clocks are a day apart agree on every record',
    why: "scs reads with the database's clock and writes with the application's, tower-sessions likewise; a store that reads no clock cannot.",
    async check(ctx) {
      const early = await ctx.open({ clock: ctx.clock.skewedBy(-DAY_MS) })
      const late = await ctx.open({ clock: ctx.clock.skewedBy(DAY_MS) })
      const session = ctx.session()
      await early.create(session)
      await expectStored(late, session, 'load by the handle whose clock is a day ahead')
      // As core would on that machine: every instant that it stores is by its own clock.
      const second = ctx.successor(session, { expiresAt: ctx.clock.now() + DAY_MS + IDLE_MS })
      await expectAnswer(
        late.update(second, session.version),
        'saved',
        'update by the handle whose clock is a day ahead',
      )
      await expectStored(early, second, 'load by the handle whose clock is a day behind')
      const later = { expiresAt: second.expiresAt + 1_000, purgeAt: second.purgeAt + 1_000 }
      await expectAnswer(early.touch(second, later), 'touched', 'touch by the handle whose clock is a day behind')
      await sweepAll(late, ctx.clock.now())
      await expectStored(
        late,
        { ...second, ...later },
        'the record after a sweep by the handle whose clock is a day ahead',
      )
    },
  },
  {
    id: 'GRACE-011',
    level: 'MUST',
    tier: 'core',
    title: 'a clock that goes back changes no answer',
    why: 'NTP and operators set clocks back; a record written "in the future" must not become unreadable or immortal.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      ctx.clock.jumpTo(ctx.clock.now() - 365 * DAY_MS)
      await expectStored(store, session, 'load after the clock went back')
      const second = ctx.successor(session, { expiresAt: session.expiresAt, purgeAt: session.purgeAt })
      await expectAnswer(store.update(second, session.version), 'saved', 'update after the clock went back')
      await expectAnswer(store.touch(second, second), 'touched', 'touch after the clock went back')
      await sweepAll(store, ctx.clock.now())
      await expectStored(store, second, 'the record after the clock went back')
    },
  },
  {
    id: 'GRACE-012',
    level: 'MUST',
    tier: 'core',
    title: 'instants come back to the millisecond, far future and times before 1970 included',
    why: 'Seconds taken for milliseconds made ten minutes a week (better-sqlite3-session-store #9), 32-bit fields end in 2038.',
    async check(ctx) {
      const store = await ctx.open()
      const now = ctx.clock.now()
      const ahead = [1, 999, 1_001].map((ms) => now + ms)
      await expectInstants(ctx, store, [...ahead, 2 ** 31 * 1_000 + 1, 2 ** 32 * 1_000 + 1, Date.UTC(9999, 11, 31) + 7])
      // A machine whose clock was lost begins there, and what it writes is due to nobody yet.
      ctx.clock.jumpTo(-DAY_MS)
      await expectInstants(ctx, store, [-1_001, -999, -1, 0, 1])
    },
  },
]

/** Records with these expiries come back as they were created, and as they were updated. */
async function expectInstants(ctx: RuleContext, store: SessionStore, instants: readonly number[]): Promise<void> {
  for (const expiresAt of instants) {
    const session = ctx.session({ expiresAt, purgeAt: expiresAt + GRACE_MS })
    await expectAnswer(store.create(session), 'created', `create with expiry ${expiresAt}`)
    await expectStored(store, session, `the record with expiry ${expiresAt}`)
    const next = ctx.successor(session, { expiresAt })
    await expectAnswer(store.update(next, session.version), 'saved', `update to expiry ${expiresAt}`)
    await expectStored(store, next, `the record updated to expiry ${expiresAt}`)
  }
}
