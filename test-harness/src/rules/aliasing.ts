import { expectAnswer, expectEqual, expectStored, expectThat } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { listAll } from './listing.ts'
import { listing } from './needs.ts'

export const aliasingRules: readonly Rule[] = [
  {
    id: 'COPY-001',
    level: 'MUST',
    tier: 'core',
    title: 'changing an object after it was passed to create or update changes nothing stored',
    why: "A store that keeps the caller's object is saved to without a save, and past every version check.",
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      const passed = { ...session }
      await store.create(passed)
      spoil(passed)
      await expectStored(store, session, 'create kept a live reference to what it was given')
      const next = ctx.successor(session)
      const passedNext = { ...next }
      await store.update(passedNext, session.version)
      spoil(passedNext)
      await expectStored(store, next, 'update kept a live reference to what it was given')
    },
  },
  {
    id: 'COPY-002',
    level: 'MUST',
    tier: 'core',
    title: 'changing what load returned changes nothing stored',
    why: "@fastify/session's memory store hands one object to all concurrent requests.",
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const [first, second] = [await store.load(session.id), await store.load(session.id)]
      expectThat(first !== undefined && second !== undefined, 'load found nothing')
      expectThat(first !== second, 'two loads returned the same object')
      spoil(first)
      await expectStored(store, session, 'load returned a live reference to what is stored')
    },
  },
  {
    id: 'COPY-003',
    level: 'MUST',
    tier: 'core',
    title: 'changing a lifetime after it was passed to touch changes nothing stored',
    why: 'The same object is often passed to several touches.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const lifetime = { expiresAt: session.expiresAt + 1_000, purgeAt: session.purgeAt + 1_000 }
      const passed = { ...lifetime }
      await store.touch(session, passed)
      passed.expiresAt = 0
      passed.purgeAt = 0
      await expectStored(store, { ...session, ...lifetime }, 'touch kept a live reference to what it was given')
    },
  },
  {
    id: 'COPY-004',
    level: 'MUST',
    tier: 'core',
    title: 'changing an object while the call that took it is under way changes nothing',
    why: 'A store that queues its writes and reads the object later stores half of one state and half of another.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      const passed = { ...session }
      const creating = store.create(passed)
      spoil(passed)
      await expectAnswer(creating, 'created', 'create whose argument changed under way')
      await expectStored(store, session, 'create read its argument after it had returned')
      const next = ctx.successor(session)
      const passedNext = { ...next }
      const updating = store.update(passedNext, session.version)
      spoil(passedNext)
      await expectAnswer(updating, 'saved', 'update whose argument changed under way')
      await expectStored(store, next, 'update read its argument after it had returned')
      const ref = { id: next.id, version: next.version, owner: next.owner }
      const lifetime = { expiresAt: next.expiresAt + 1_000, purgeAt: next.purgeAt + 1_000 }
      const passedLifetime = { ...lifetime }
      const touching = store.touch(ref, passedLifetime)
      ref.version = ctx.version()
      passedLifetime.expiresAt = passedLifetime.purgeAt = 0
      await expectAnswer(touching, 'touched', 'touch whose arguments changed under way')
      await expectStored(store, { ...next, ...lifetime }, 'touch read its arguments after it had returned')
    },
  },
  {
    id: 'COPY-005',
    level: 'MUST',
    tier: 'core',
    title: 'changing what list returned changes nothing stored',
    why: "An administrator's page decorates what it lists.",
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session({ owner: 'user-1' })
      await store.create(session)
      for (const listed of await listAll(store)) {
        spoil(listed)
      }
      await expectStored(store, session, 'list returned a live reference to what is stored')
      expectEqual((await listAll(store, { owner: 'user-1' })).length, 1, 'how many records of the owner are listed')
    },
  },
]

/** Changes what can be changed: a store may as well give out objects that are frozen, or have only getters. */
function spoil(session: object): void {
  const spoilt = { version: 'spoiled-by-the-caller', payload: 'spoiled', owner: 'intruder', expiresAt: 0, purgeAt: 0 }
  for (const [field, value] of Object.entries(spoilt)) if (field in session) Reflect.set(session, field, value)
}
