import { expectAbsent, expectAnswer, expectStored } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'

export const loadRules: readonly Rule[] = [
  {
    id: 'LOAD-001',
    level: 'MUST',
    tier: 'core',
    title: 'load of an unknown id resolves with undefined',
    why: 'Cookies outlive sessions, so a miss is everyday; session-file-store answered it with five retries and a log line (#26, #41).',
    async check(ctx) {
      const store = await ctx.open()
      await expectAbsent(store, ctx.id(), 'load of an id in an empty store')
      await store.create(ctx.session())
      await expectAbsent(store, ctx.id(), 'load of an unknown id')
    },
  },
  {
    id: 'LOAD-002',
    level: 'MUST',
    tier: 'core',
    title: 'load of an unknown id writes nothing',
    why: 'A store that keeps something for a miss is filled up by anybody who sends cookies (CVE-2015-5143 in Django).',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.load(session.id)
      await expectAnswer(store.update(session, ctx.version()), 'gone', 'update after a load of the unknown id')
      await expectAnswer(store.create(session), 'created', 'create after a load of the unknown id')
    },
  },
  {
    id: 'LOAD-003',
    level: 'MUST',
    tier: 'core',
    title: 'load never extends the lifetime',
    why: 'A stolen cookie that is merely presented would keep its session alive; and each read would be a write (express-session #891).',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      for (const pass of [IDLE_MS / 2, IDLE_MS / 2, GRACE_MS - 1]) {
        ctx.clock.advance(pass)
        await expectStored(store, session, 'load changed the record that it loaded')
      }
    },
  },
  {
    id: 'LOAD-004',
    level: 'MUST',
    tier: 'core',
    title: 'load never deletes, however old the record',
    why: "Django's file backend and session-file-store delete while reading, and with that the session that a slower request is about to save.",
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      ctx.clock.advance(IDLE_MS + 1)
      await expectStored(store, session, 'the first load of an expired record')
      await expectStored(store, session, 'load deleted the expired record: the second load of it')
      const renewed = ctx.successor(session)
      await expectAnswer(
        store.update(renewed, session.version),
        'saved',
        'update of a record that was loaded after its expiry',
      )
    },
  },
  {
    id: 'LOAD-005',
    level: 'MUST',
    tier: 'core',
    title: 'load finds each of many records under its own id',
    why: 'Users have been shown the session of somebody else (express-session #555, #917), so nothing is left to coincidence here.',
    async check(ctx) {
      const store = await ctx.open()
      const sessions = Array.from({ length: 100 }, (_, n) => ctx.session({ owner: n % 3 === 0 ? null : `user-${n}` }))
      await Promise.all(sessions.map((session) => expectAnswer(store.create(session), 'created', 'create')))
      for (const session of sessions) await expectStored(store, session, 'one of a hundred records')
    },
  },
]
