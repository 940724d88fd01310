import { expectAbsent, expectAnswer, expectStored } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'

export const updateRules: readonly Rule[] = [
  {
    id: 'UPDATE-001',
    level: 'MUST',
    tier: 'core',
    title: 'update replaces version, payload, owner and expiry of the record whose version is the expected one',
    why: 'This is how a request saves its session.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      ctx.clock.advance(1_000)
      const next = ctx.successor(session, { owner: 'user-1' })
      await expectAnswer(store.update(next, session.version), 'saved', 'update from the stored version')
      await expectStored(store, next, 'the record that was updated')
    },
  },
  {
    id: 'UPDATE-002',
    level: 'MUST',
    tier: 'core',
    title: 'update of an unknown id answers `gone` and inserts nothing',
    why: 'Apache::Session::Store::File creates "a session that does not exist" on update (CVE-2013-10075): whoever sends an id has it.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await expectAnswer(store.update(session, ctx.version()), 'gone', 'update of an unknown id')
      await expectAbsent(store, session.id, 'update of an unknown id inserted a record')
    },
  },
  {
    id: 'UPDATE-003',
    level: 'MUST',
    tier: 'core',
    title: 'update after destroy answers `gone` and brings nothing back',
    why: 'A save that was under way during a logout logs the user back in: CVE-2025-46336 in rack-session, expressjs/session #632, connect-redis #328.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      await store.destroy(session.id)
      await expectAnswer(store.update(ctx.successor(session), session.version), 'gone', 'update after destroy')
      await expectAbsent(store, session.id, 'update brought a destroyed session back')
    },
  },
  {
    id: 'UPDATE-004',
    level: 'MUST',
    tier: 'core',
    title: 'update from any other version answers `conflict` and changes nothing',
    why: 'Parallel requests that overwrite each other are the commonest loss there is: laravel #7549, fastify-session #237, apostrophe #1765.',
    async check(ctx) {
      const store = await ctx.open()
      const first = ctx.session()
      await store.create(first)
      const second = ctx.successor(first)
      await store.update(second, first.version)
      await expectAnswer(
        store.update(ctx.successor(first), first.version),
        'conflict',
        'update from an outdated version',
      )
      await expectAnswer(
        store.update(ctx.successor(first), ctx.version()),
        'conflict',
        'update from an unknown version',
      )
      await expectStored(store, second, 'an update that conflicted changed the record')
    },
  },
  {
    id: 'UPDATE-005',
    level: 'MUST',
    tier: 'core',
    title: 'update repeated with its own version answers `saved` and changes nothing',
    why: 'The answer to the first try was lost on its way; `conflict` would send the caller merging with itself.',
    async check(ctx) {
      const store = await ctx.open()
      const first = ctx.session()
      await store.create(first)
      const second = ctx.successor(first)
      await store.update(second, first.version)
      await expectAnswer(store.update(second, first.version), 'saved', 'a retry of update')
      await expectStored(store, second, 'the record after a retry of update')
    },
  },
  {
    id: 'UPDATE-006',
    level: 'MUST',
    tier: 'core',
    title: 'a repeated update does not undo a touch that came in between',
    why: 'The retry would move the expiry back under a session in use: a retried write applied twice.',
    async check(ctx) {
      const store = await ctx.open()
      const first = ctx.session()
      await store.create(first)
      const second = ctx.successor(first)
      await store.update(second, first.version)
      const lifetime = { expiresAt: second.expiresAt + 5_000, purgeAt: second.purgeAt + 5_000 }
      await expectAnswer(store.touch(second, lifetime), 'touched', 'a touch')
      await expectAnswer(store.update(second, first.version), 'saved', 'a retry of update after a touch')
      await expectStored(store, { ...second, ...lifetime }, 'a retry of update moved the lifetime back')
    },
  },
  {
    id: 'UPDATE-007',
    level: 'MUST',
    tier: 'core',
    title: 'a repeated update answers `conflict` once somebody else has updated the record',
    why: 'Only core, which keeps the last versions in the record, can tell that retry apart from a conflict; the store must not guess.',
    async check(ctx) {
      const store = await ctx.open()
      const first = ctx.session()
      await store.create(first)
      const second = ctx.successor(first)
      const third = ctx.successor(first)
      await store.update(second, first.version)
      await store.update(third, second.version)
      await expectAnswer(store.update(second, first.version), 'conflict', 'a retry of update after another update')
      await expectStored(store, third, 'a retry of update overwrote a later update')
    },
  },
  {
    id: 'UPDATE-008',
    level: 'MUST',
    tier: 'core',
    title: 'update may shorten the expiry',
    why: 'Turning "remember me" off, or an administrator who cuts sessions short, has to take effect.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const shorter = ctx.successor(session, { expiresAt: session.expiresAt - 60_000, purgeAt: session.purgeAt })
      await expectAnswer(store.update(shorter, session.version), 'saved', 'update with an earlier expiry')
      await expectStored(store, shorter, 'update did not take over an earlier expiry')
    },
  },
  {
    id: 'UPDATE-009',
    level: 'MUST',
    tier: 'core',
    title: 'update never moves the purge time back',
    why: 'Of six ways to combine stored and given purge times only "the later one" keeps G1: a request that loaded before the shortening may still save.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const shorter = ctx.successor(session, { expiresAt: session.expiresAt - 60_000 })
      await expectAnswer(store.update(shorter, session.version), 'saved', 'update with an earlier purge time')
      await expectStored(store, { ...shorter, purgeAt: session.purgeAt }, 'update moved the purge time back')
    },
  },
  {
    id: 'UPDATE-010',
    level: 'MUST',
    tier: 'core',
    title: 'update of an expired record within its grace saves and renews it',
    why: "A request that loaded the session while it was live may finish late. Update-only stores without grace throw its user out (Django's database backend).",
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      ctx.clock.advance(IDLE_MS + GRACE_MS - 1)
      const renewed = ctx.successor(session)
      await expectAnswer(
        store.update(renewed, session.version),
        'saved',
        'update of an expired record within its grace',
      )
      await expectStored(store, renewed, 'the record that was renewed within its grace')
    },
  },
  {
    id: 'UPDATE-011',
    level: 'MUST',
    tier: 'core',
    title: 'update to an expiry in the past keeps the record',
    why: "That is how a lease is released. Redis deletes on EXPIRE with a time that has passed, and connect-redis' touch does so.",
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const now = ctx.clock.now()
      const released = ctx.successor(session, { expiresAt: now - 60_000, purgeAt: now - 60_000 })
      await expectAnswer(store.update(released, session.version), 'saved', 'update to an expiry in the past')
      const kept = { ...released, purgeAt: session.purgeAt }
      await expectStored(store, kept, 'update to an expiry in the past lost the record')
      await expectAnswer(
        store.update(ctx.successor(session), released.version),
        'saved',
        'update of the released record',
      )
    },
  },
  {
    id: 'UPDATE-012',
    level: 'MUST',
    tier: 'core',
    title: 'update sets, changes and clears the owner',
    why: "Login and logout bind and unbind it, and revoking a user's sessions relies on it (better-auth #11073).",
    async check(ctx) {
      const store = await ctx.open()
      let stored = ctx.session()
      await store.create(stored)
      for (const owner of ['user-1', 'user-2', null, 'user-1']) {
        const next = ctx.successor(stored, { owner })
        await expectAnswer(store.update(next, stored.version), 'saved', `update to owner ${owner}`)
        await expectStored(store, next, `the record whose owner was set to ${owner}`)
        stored = next
      }
    },
  },
  {
    id: 'UPDATE-013',
    level: 'MUST',
    tier: 'core',
    title: 'update leaves all other records alone',
    why: 'A statement without its WHERE is found here rather than in production.',
    async check(ctx) {
      const store = await ctx.open()
      const [first, second, third] = [ctx.session(), ctx.session(), ctx.session()]
      for (const session of [first, second, third]) await store.create(session)
      await store.update(ctx.successor(second), second.version)
      await expectStored(store, first, 'update changed another record')
      await expectStored(store, third, 'update changed another record')
    },
  },
]
