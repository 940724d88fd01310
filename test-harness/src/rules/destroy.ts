import { expectAbsent, expectAnswer, expectStored } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'

export const destroyRules: readonly Rule[] = [
  {
    id: 'DESTROY-001',
    level: 'MUST',
    tier: 'core',
    title: 'destroy removes the record and answers `destroyed`',
    why: 'This is logout (ASVS 7.4.1).',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      await expectAnswer(store.destroy(session.id), 'destroyed', 'destroy of a stored record')
      await expectAbsent(store, session.id, 'the record that was destroyed')
    },
  },
  {
    id: 'DESTROY-002',
    level: 'MUST',
    tier: 'core',
    title: 'destroy of an unknown id answers `gone`',
    why: 'Two logouts at once, or one after the sweep, are normal; stores that reject have crashed applications (prisma-session-store #76, #91).',
    async check(ctx) {
      const store = await ctx.open()
      await expectAnswer(store.destroy(ctx.id()), 'gone', 'destroy of an unknown id')
      const session = ctx.session()
      await store.create(session)
      await store.destroy(session.id)
      await expectAnswer(store.destroy(session.id), 'gone', 'destroy of a destroyed record')
    },
  },
  {
    id: 'DESTROY-003',
    level: 'MUST',
    tier: 'core',
    title: 'destroy removes the record whatever its version and age',
    why: "Logout has to work from any tab. Spring's JDBC store deletes only what can expire, so some sessions cannot be logged out.",
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      await store.update(ctx.successor(session), session.version)
      await store.touch(session, session)
      ctx.clock.advance(IDLE_MS + GRACE_MS - 1)
      await expectAnswer(store.destroy(session.id), 'destroyed', 'destroy of an updated, expired record')
      await expectAbsent(store, session.id, 'the expired record that was destroyed')
    },
  },
  {
    id: 'DESTROY-004',
    level: 'MUST',
    tier: 'core',
    title: 'destroy removes no other record',
    why: 'Logging one session out must not log out the others of its owner.',
    async check(ctx) {
      const store = await ctx.open()
      const [first, second] = [ctx.session({ owner: 'user-1' }), ctx.session({ owner: 'user-1' })]
      for (const session of [first, second]) await store.create(session)
      await store.destroy(first.id)
      await expectStored(store, second, 'destroy removed another record')
    },
  },
  {
    id: 'DESTROY-005',
    level: 'MUST',
    tier: 'core',
    title: 'a version from before destroy is not valid for a record created later under the same id',
    why: 'A store that only asks whether the id exists lets a request from before the logout write into what came after it.',
    async check(ctx) {
      const store = await ctx.open()
      const old = ctx.session()
      await store.create(old)
      await store.destroy(old.id)
      const fresh = ctx.session({ id: old.id })
      await store.create(fresh)
      await expectAnswer(
        store.update(ctx.successor(old), old.version),
        'conflict',
        'update from a version before destroy',
      )
      const later = { expiresAt: fresh.expiresAt + 1, purgeAt: fresh.purgeAt + 1 }
      await expectAnswer(store.touch(old, later), 'conflict', 'touch of a version before destroy')
      await expectStored(store, fresh, 'a version from before destroy changed the new record')
    },
  },
  {
    id: 'DESTROY-006',
    level: 'MUST',
    tier: 'core',
    title: 'destroy on one handle takes effect on every other handle at once',
    why: "Django's cached_db backend goes on serving a session from its cache after the row is gone.",
    async check(ctx) {
      const [here, there] = [await ctx.open(), await ctx.open()]
      const session = ctx.session()
      await here.create(session)
      await expectStored(there, session, 'the record on the other handle')
      await expectAnswer(here.destroy(session.id), 'destroyed', 'destroy')
      await expectAbsent(there, session.id, 'a record that another handle has destroyed')
      await expectAnswer(there.update(ctx.successor(session), session.version), 'gone', 'update on the other handle')
      await expectAnswer(there.touch(session, session), 'gone', 'touch on the other handle')
      await expectAnswer(there.destroy(session.id), 'gone', 'destroy on the other handle')
    },
  },
]
