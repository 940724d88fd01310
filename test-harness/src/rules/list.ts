import { expectEqual, expectRefusal, expectThat } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { IDLE_MS } from '../engine/samples.ts'
import { expectListed, listAll, listOf } from './listing.ts'
import { listing } from './needs.ts'

export const listRules: readonly Rule[] = [
  {
    id: 'LIST-001',
    level: 'MUST',
    tier: 'core',
    title: 'list of an empty store is one empty page without a cursor',
    why: 'Paging through nothing has to end.',
    needs: listing,
    async check(ctx) {
      const list = listOf(await ctx.open())
      const page = await list({ limit: 10 })
      expectEqual([...page.sessions], [], 'the sessions of an empty store')
      expectEqual(page.cursor, undefined, 'the cursor after an empty page')
    },
  },
  {
    id: 'LIST-002',
    level: 'MUST',
    tier: 'core',
    title: 'list gives id, owner, expiry and purge time of every record',
    why: '"Your devices" and revocation are built on it (ASVS 7.4.3, 7.5.2).',
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      const sessions = [ctx.session({ owner: 'user-1' }), ctx.session({ owner: 'user-2' }), ctx.session()]
      for (const session of sessions) await store.create(session)
      expectListed(await listAll(store), sessions, 'list of all records')
    },
  },
  {
    id: 'LIST-003',
    level: 'MUST',
    tier: 'core',
    title: 'list gives no payload and no version away',
    why: 'Whoever may see that a session exists need not be able to read it or to overwrite it.',
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      await store.create(ctx.session({ payload: 'secret' }))
      for (const session of await listAll(store)) {
        expectThat(!('payload' in session) && !('version' in session), 'list gave more than it should', session)
      }
    },
  },
  {
    id: 'LIST-004',
    level: 'MUST',
    tier: 'core',
    title: 'list by owner gives the records of that owner and no others',
    why: "Revoking one user's sessions must log out nobody else; applications without it end up scanning everything (trustroots #906).",
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      const sessions = ['user-1', 'user-2', null, 'user-1'].map((owner) => ctx.session({ owner }))
      for (const session of sessions) await store.create(session)
      for (const owner of ['user-1', 'user-2', 'user-3']) {
        const theirs = sessions.filter((session) => session.owner === owner)
        expectListed(await listAll(store, { owner }), theirs, `list of the records of ${owner}`)
      }
    },
  },
  {
    id: 'LIST-005',
    level: 'MUST',
    tier: 'core',
    title: 'list by owner takes the owner literally',
    why: 'Wildcards, letter case, and "" for null are how one owner is given the sessions of another.',
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      const owners = [
        'user',
        'User',
        'user ',
        'user\u0000',
        'user\u0000s',
        'use',
        'user-1',
        'u%',
        'u_er',
        '*',
        'é',
        'e\u0301',
        '',
        '0',
        '00',
        null,
      ]
      const sessions = owners.map((owner) => ctx.session({ owner }))
      for (const session of sessions) await store.create(session)
      for (const session of sessions) {
        if (session.owner === null) continue
        const listed = await listAll(store, { owner: session.owner })
        expectListed(listed, [session], `list of the records of owner ${JSON.stringify(session.owner)}`)
      }
    },
  },
  {
    id: 'LIST-006',
    level: 'MUST',
    tier: 'core',
    title: 'list follows a change of owner as soon as the update has resolved',
    why: 'A session that is bound and not yet listed survives "log out everywhere" (better-auth #11073).',
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      let stored = ctx.session()
      await store.create(stored)
      for (const owner of ['user-1', 'user-2', null]) {
        const next = ctx.successor(stored, { owner })
        await store.update(next, stored.version)
        for (const asked of ['user-1', 'user-2']) {
          const listed = await listAll(store, { owner: asked })
          expectListed(listed, asked === owner ? [next] : [], `list of ${asked} after the owner became ${owner}`)
        }
        stored = next
      }
    },
  },
  {
    id: 'LIST-007',
    level: 'MUST',
    tier: 'core',
    title: 'list shows neither destroyed records nor old instants',
    why: 'An index that is cleaned "later" shows devices that were logged out, and leaks (Spring Session #2166, #3287).',
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      const [gone, touched] = [ctx.session({ owner: 'user-1' }), ctx.session({ owner: 'user-1' })]
      for (const session of [gone, touched]) await store.create(session)
      await store.destroy(gone.id)
      const lifetime = { expiresAt: touched.expiresAt + 1_000, purgeAt: touched.purgeAt + 1_000 }
      await store.touch(touched, lifetime)
      for (const query of [{}, { owner: 'user-1' }]) {
        expectListed(await listAll(store, query), [{ ...touched, ...lifetime }], 'list after a destroy and a touch')
      }
    },
  },
  {
    id: 'LIST-008',
    level: 'MUST',
    tier: 'core',
    title: 'list shows a record that has expired until it is purged',
    why: 'A request that loaded it while it was live may still renew it, so revocation has to see it.',
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session({ owner: 'user-1' })
      await store.create(session)
      ctx.clock.advance(IDLE_MS + 1)
      for (const query of [{}, { owner: 'user-1' }]) {
        expectListed(await listAll(store, query), [session], 'list of a record that has expired')
      }
    },
  },
  {
    id: 'LIST-009',
    level: 'MUST',
    tier: 'core',
    title: 'list refuses a limit that is no positive whole number',
    why: 'As with sweep: 0 must not come to mean "all".',
    needs: listing,
    async check(ctx) {
      const list = listOf(await ctx.open())
      for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await expectRefusal(() => list({ limit }), 'ERR_INVALID_OPTION', `list with limit ${limit}`)
      }
    },
  },
]
