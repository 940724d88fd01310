import { expectAbsent, expectAnswer, expectStored } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'

export const createRules: readonly Rule[] = [
  {
    id: 'CREATE-001',
    level: 'MUST',
    tier: 'core',
    title: 'create stores a record that loads back field by field as it was given',
    why: 'Everything else rests on it: a record that comes back different fails its checks in core and logs its user out.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session({ owner: 'user-1' })
      await expectAnswer(store.create(session), 'created', 'create under a free id')
      await expectStored(store, session, 'the record that was created')
    },
  },
  {
    id: 'CREATE-002',
    level: 'MUST',
    tier: 'core',
    title: 'create answers `exists` under a taken id and leaves the stored record alone',
    why: 'A create that overwrites hands one user the session of another: the security update of tower-sessions 0.12.0.',
    async check(ctx) {
      const store = await ctx.open()
      const first = ctx.session()
      await store.create(first)
      const second = ctx.session({ id: first.id, owner: 'intruder' })
      await expectAnswer(store.create(second), 'exists', 'create under an id that is taken')
      await expectStored(store, first, 'create overwrote the record that was stored under the id')
    },
  },
  {
    id: 'CREATE-003',
    level: 'MUST',
    tier: 'core',
    title: 'create repeated with the same version answers `created` once more',
    why: 'The answer to the first try was lost on its way; `exists` would tell the caller that somebody else has its id.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      await expectAnswer(store.create(session), 'created', 'a retry of create')
      await expectStored(store, session, 'the record after a retry of create')
    },
  },
  {
    id: 'CREATE-004',
    level: 'MUST',
    tier: 'core',
    title: 'a repeated create does not undo a touch that came in between',
    why: 'A retried write applied twice is one of the failures that the enumeration of 1.5 million orders found.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const lifetime = { expiresAt: session.expiresAt + 5_000, purgeAt: session.purgeAt + 5_000 }
      await expectAnswer(store.touch(session, lifetime), 'touched', 'a touch')
      await expectAnswer(store.create(session), 'created', 'a retry of create after a touch')
      await expectStored(store, { ...session, ...lifetime }, 'a retry of create moved the lifetime back')
    },
  },
  {
    id: 'CREATE-005',
    level: 'MUST',
    tier: 'core',
    title: 'create answers `exists` as long as the record is stored, expired or not',
    why: 'A store that lets expired records be replaced decides about time, and gives the id of a late request away.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      ctx.clock.advance(IDLE_MS + GRACE_MS - 1)
      await expectAnswer(
        store.create(ctx.session({ id: session.id })),
        'exists',
        'create under the id of an expired record',
      )
      await expectStored(store, session, 'create overwrote an expired record')
    },
  },
  {
    id: 'CREATE-006',
    level: 'MUST',
    tier: 'core',
    title: 'create works again under an id whose record was destroyed',
    why: "Owner markers of core's revocation come and go under one id; a tombstone kept by the store would block them.",
    async check(ctx) {
      const store = await ctx.open()
      const first = ctx.session()
      await store.create(first)
      await store.destroy(first.id)
      const second = ctx.session({ id: first.id })
      await expectAnswer(store.create(second), 'created', 'create under the id of a destroyed record')
      await expectStored(store, second, 'the record created under the id of a destroyed one')
    },
  },
  {
    id: 'CREATE-007',
    level: 'MUST',
    tier: 'core',
    title: 'create of a record that has already expired stores it',
    why: "Whether a record is alive is core's decision. A backend that deletes what is past its expiry (Redis EXPIRE) must be given the purge time.",
    async check(ctx) {
      const store = await ctx.open()
      const now = ctx.clock.now()
      const session = ctx.session({ expiresAt: now - 1, purgeAt: now + GRACE_MS })
      await expectAnswer(store.create(session), 'created', 'create of an expired record')
      await expectStored(store, session, 'a record that was created expired')
      await store.destroy(session.id)
      await expectAbsent(store, session.id, 'a record that was created expired, and destroyed')
    },
  },
]
