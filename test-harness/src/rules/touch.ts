import { expectAbsent, expectAnswer, expectStored } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'

export const touchRules: readonly Rule[] = [
  {
    id: 'TOUCH-001',
    level: 'MUST',
    tier: 'core',
    title: 'touch moves expiry and purge time forward and changes nothing else',
    why: 'It renews a session that a request only read. Rewriting the payload from memory would overwrite a parallel save (express-session #361).',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session({ owner: 'user-1' })
      await store.create(session)
      const lifetime = { expiresAt: session.expiresAt + 60_000, purgeAt: session.purgeAt + 60_000 }
      const { id, version, owner } = session
      await expectAnswer(store.touch({ id, version, owner }, lifetime), 'touched', 'touch of the stored version')
      await expectStored(store, { ...session, ...lifetime }, 'the record that was touched')
    },
  },
  {
    id: 'TOUCH-002',
    level: 'MUST',
    tier: 'core',
    title: 'touch never moves the expiry back',
    why: 'The touch of a machine whose clock is slow would throw out a session that another machine has just renewed.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const earlier = { expiresAt: session.expiresAt - 60_000, purgeAt: session.purgeAt }
      await expectAnswer(store.touch(session, earlier), 'touched', 'touch with an earlier expiry')
      await expectStored(store, session, 'touch moved the expiry back')
    },
  },
  {
    id: 'TOUCH-003',
    level: 'MUST',
    tier: 'core',
    title: 'touch never moves the purge time back',
    why: 'A sweep could then remove the session before the request that holds its version has saved.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const earlier = { expiresAt: session.expiresAt - 60_000, purgeAt: session.purgeAt - 60_000 }
      await expectAnswer(store.touch(session, earlier), 'touched', 'touch with an earlier purge time')
      await expectStored(store, session, 'touch moved the purge time back')
    },
  },
  {
    id: 'TOUCH-004',
    level: 'MUST',
    tier: 'core',
    title: 'touch moves each of the two instants by itself',
    why: 'After an update has shortened the expiry the purge time stays behind, so one of the two can have to move and the other not.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const expiryOnly = { expiresAt: session.expiresAt + 60_000, purgeAt: session.purgeAt - 60_000 }
      await expectAnswer(
        store.touch(session, expiryOnly),
        'touched',
        'touch with a later expiry and an earlier purge time',
      )
      const moved = { ...session, expiresAt: expiryOnly.expiresAt }
      await expectStored(store, moved, 'touch with a later expiry and an earlier purge time')
      const purgeOnly = { expiresAt: session.expiresAt, purgeAt: session.purgeAt + 60_000 }
      await expectAnswer(
        store.touch(session, purgeOnly),
        'touched',
        'touch with an earlier expiry and a later purge time',
      )
      await expectStored(
        store,
        { ...moved, purgeAt: purgeOnly.purgeAt },
        'touch with an earlier expiry and a later purge time',
      )
    },
  },
  {
    id: 'TOUCH-005',
    level: 'MUST',
    tier: 'core',
    title: 'touch of an unknown id answers `gone` and inserts nothing',
    why: "session-file-store's touch of a missing record writes an empty live session; HSET on a vanished key makes a ghost (Spring Session #2021).",
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await expectAnswer(store.touch(session, session), 'gone', 'touch of an unknown id')
      await expectAbsent(store, session.id, 'touch of an unknown id inserted a record')
      await expectAnswer(store.create(session), 'created', 'create after a touch of the unknown id')
    },
  },
  {
    id: 'TOUCH-006',
    level: 'MUST',
    tier: 'core',
    title: 'touch after destroy answers `gone` and brings nothing back',
    why: 'Every request touches, so a touch is what most often meets a logout.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      await store.destroy(session.id)
      const lifetime = { expiresAt: session.expiresAt + 60_000, purgeAt: session.purgeAt + 60_000 }
      await expectAnswer(store.touch(session, lifetime), 'gone', 'touch after destroy')
      await expectAbsent(store, session.id, 'touch brought a destroyed session back')
    },
  },
  {
    id: 'TOUCH-007',
    level: 'MUST',
    tier: 'core',
    title: 'touch of any other version answers `conflict` and changes nothing',
    why: 'Whoever updated the record has renewed it as well; a touch that does not look at the version undoes what the update decided.',
    async check(ctx) {
      const store = await ctx.open()
      const first = ctx.session()
      await store.create(first)
      const second = ctx.successor(first)
      await store.update(second, first.version)
      const lifetime = { expiresAt: second.expiresAt + 60_000, purgeAt: second.purgeAt + 60_000 }
      await expectAnswer(store.touch(first, lifetime), 'conflict', 'touch of an outdated version')
      await expectStored(store, second, 'a touch that conflicted changed the record')
    },
  },
  {
    id: 'TOUCH-008',
    level: 'MUST',
    tier: 'core',
    title: 'touch with the version from before does not extend a session that an update has shortened',
    why: 'Found by the enumeration: a request in flight re-extended a session that an administrator had just cut short.',
    async check(ctx) {
      const store = await ctx.open()
      const long = ctx.session()
      await store.create(long)
      const short = ctx.successor(long, { expiresAt: ctx.clock.now() + 1_000, purgeAt: long.purgeAt })
      await store.update(short, long.version)
      await expectAnswer(store.touch(long, long), 'conflict', 'touch of the version from before the update')
      await expectStored(store, short, 'touch extended a session that an update had shortened')
    },
  },
  {
    id: 'TOUCH-009',
    level: 'MUST',
    tier: 'core',
    title: 'touch keeps the version, so that a request that loaded before it can still save',
    why: 'Otherwise every parallel read of a page would make its save a conflict.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const lifetime = { expiresAt: session.expiresAt + 60_000, purgeAt: session.purgeAt + 60_000 }
      await store.touch(session, lifetime)
      const next = ctx.successor(session, lifetime)
      await expectAnswer(store.update(next, session.version), 'saved', 'update from the version that was touched')
      await expectStored(store, next, 'the record updated after a touch')
    },
  },
  {
    id: 'TOUCH-010',
    level: 'MUST',
    tier: 'core',
    title: 'touch of an expired record within its grace renews it',
    why: 'The request loaded it while it was live: refusing would end a session that is in use (connect-mongo #459).',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      ctx.clock.advance(IDLE_MS + GRACE_MS - 1)
      const now = ctx.clock.now()
      const lifetime = { expiresAt: now + IDLE_MS, purgeAt: now + IDLE_MS + GRACE_MS }
      await expectAnswer(store.touch(session, lifetime), 'touched', 'touch of an expired record within its grace')
      await expectStored(store, { ...session, ...lifetime }, 'the record that was touched within its grace')
    },
  },
  {
    id: 'TOUCH-011',
    level: 'MUST',
    tier: 'core',
    title: 'touch with a lifetime in the past neither deletes nor shortens',
    why: "connect-redis' touch sends EXPIRE with what is left of the cookie, and Redis deletes the key if that is not positive.",
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const now = ctx.clock.now()
      const past = { expiresAt: now - 60_000, purgeAt: now - 30_000 }
      await expectAnswer(store.touch(session, past), 'touched', 'touch with a lifetime in the past')
      await expectStored(store, session, 'touch with a lifetime in the past changed the record')
    },
  },
  {
    id: 'TOUCH-013',
    level: 'MUST',
    tier: 'core',
    title: 'touch takes two instants from the lifetime that it is given, whatever else that holds',
    why: 'A whole record is a lifetime, too: core confirms a write by touching with what it has read. Spread into the stored one, its payload would overwrite what another request has saved.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const other = ctx.successor(session, { owner: 'somebody else' })
      await expectAnswer(store.touch(session, other), 'touched', 'touch with a whole record as its lifetime')
      const { expiresAt, purgeAt } = other
      await expectStored(store, { ...session, expiresAt, purgeAt }, 'the record after a touch with a whole record')
    },
  },
  {
    id: 'TOUCH-012',
    level: 'MUST',
    tier: 'core',
    title: 'touch leaves all other records alone',
    why: 'Records of one owner are neighbours in an index; touching one must not renew the others.',
    async check(ctx) {
      const store = await ctx.open()
      const [first, second] = [ctx.session({ owner: 'user-1' }), ctx.session({ owner: 'user-1' })]
      for (const session of [first, second]) await store.create(session)
      await store.touch(second, { expiresAt: second.expiresAt + 1, purgeAt: second.purgeAt + 1 })
      await expectStored(store, first, 'touch changed another record')
    },
  },
]
