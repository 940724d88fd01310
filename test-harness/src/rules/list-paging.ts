import { expectAnswer, expectEqual, expectThat } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { expectListed, idsOf, listAll } from './listing.ts'
import { createMany, MANY } from './many.ts'
import { listing } from './needs.ts'

export const listPagingRules: readonly Rule[] = [
  {
    id: 'LIST-010',
    level: 'MUST',
    tier: 'core',
    title: 'list pages hold at most `limit` records, miss none at their edges, and end',
    why: "Off by one at a page's edge is a session that revocation does not see.",
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      const sessions = Array.from({ length: 12 }, () => ctx.session())
      for (const session of sessions) await store.create(session)
      for (const limit of [1, 5, 6, 11, 12, 13]) {
        expectListed(await listAll(store, { limit }), sessions, `list of 12 records in pages of ${limit}`)
      }
    },
  },
  {
    id: 'LIST-011',
    level: 'MUST',
    tier: 'core',
    title: "list by owner pages without missing one of the owner's records",
    why: 'A filter applied after the page is cut yields short or empty pages, which readers take for the end.',
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      const sessions = Array.from({ length: 24 }, (_, n) => ctx.session({ owner: n % 4 === 0 ? 'user-1' : 'user-2' }))
      for (const session of sessions) await store.create(session)
      const theirs = sessions.filter(({ owner }) => owner === 'user-1')
      for (const limit of [1, 2, 3, 5, 6, 7]) {
        const listed = await listAll(store, { owner: 'user-1', limit })
        expectListed(listed, theirs, `list of 6 records of one owner in pages of ${limit}`)
      }
    },
  },
  {
    id: 'LIST-012',
    level: 'MUST',
    tier: 'core',
    title: 'list does not miss a record because others are created while it pages',
    why: 'Offsets shift under inserts. A session that is there throughout is listed at least once, or revoke-all leaves it alive.',
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      const there = Array.from({ length: 9 }, () => ctx.session({ owner: 'user-1' }))
      for (const session of there) await store.create(session)
      for (const query of [{ limit: 2 }, { limit: 2, owner: 'user-1' }]) {
        const between = async () => void (await store.create(ctx.session({ owner: 'user-1' })))
        const listed = idsOf(await listAll(store, query, { between }))
        for (const { id } of there) expectThat(listed.has(id), 'list missed a record while others were created')
      }
    },
  },
  {
    id: 'LIST-013',
    level: 'MUST',
    tier: 'core',
    title: 'list does not miss a record because others are destroyed while it pages',
    why: 'Revoke-all destroys what it has just been given, page by page, the record under the cursor included.',
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      for (const query of [{ limit: 2 }, { limit: 2, owner: 'user-1' }]) {
        const there = Array.from({ length: 9 }, () => ctx.session({ owner: 'user-1' }))
        for (const session of there) await store.create(session)
        const between = async (page: ReadonlySet<string>) => {
          for (const id of page) await store.destroy(id)
        }
        const listed = idsOf(await listAll(store, query, { between }))
        for (const { id } of there) expectThat(listed.has(id), 'list missed a record while others were destroyed')
        await between(listed)
      }
    },
  },
  {
    id: 'LIST-014',
    level: 'MUST',
    tier: 'core',
    title: 'list does not miss a record because it is updated or touched while it pages',
    why: 'Paging in the order of the expiry lets a session that is in use slip from one page to another.',
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      let there = Array.from({ length: 9 }, () => ctx.session({ owner: 'user-1' }))
      for (const session of there) await store.create(session)
      for (const query of [{ limit: 2 }, { limit: 2, owner: 'user-1' }]) {
        let turn = 0
        const between = async () => {
          ctx.clock.advance(1_000)
          const session = there[turn++ % there.length]
          if (!session) return
          const renewed = ctx.successor(session)
          await expectAnswer(store.update(renewed, session.version), 'saved', 'update while a list pages')
          there = there.map((one) => (one === session ? renewed : one))
        }
        const listed = idsOf(await listAll(store, query, { between }))
        for (const { id } of there) expectThat(listed.has(id), 'list missed a record while others were updated')
      }
    },
  },
  {
    id: 'LIST-015',
    level: 'SHOULD',
    tier: 'core',
    title: 'list gives each record once while nothing changes',
    why: 'The contract allows repeats so that indexes in parts can keep it, but a page that shows a device twice confuses its owner.',
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      const sessions = Array.from({ length: 12 }, () => ctx.session({ owner: 'user-1' }))
      for (const session of sessions) await store.create(session)
      for (const query of [{ limit: 5 }, { limit: 5, owner: 'user-1' }]) {
        const listed = await listAll(store, query)
        expectEqual(
          listed.length,
          new Set(listed.map(({ id }) => id)).size,
          'how many records list gave, and different ones',
        )
      }
    },
  },
  {
    id: 'LIST-016',
    level: 'MUST',
    tier: 'core',
    title: 'list gives all of many records, and all of one owner, not only the first page of them',
    why: 'Backends answer in pages, of 100 records here and 1,000 there: what lies behind the first is neither shown nor revoked.',
    needs: listing,
    async check(ctx) {
      const store = await ctx.open()
      const sessions = Array.from({ length: MANY }, (_, n) => ctx.session({ owner: n % 3 === 0 ? 'user-1' : null }))
      const stored = await createMany(ctx, store, sessions)
      expectListed(await listAll(store, { limit: 10_000 }), stored, 'list of many records')
      const theirs = stored.filter(({ owner }) => owner !== null)
      expectListed(
        await listAll(store, { owner: 'user-1', limit: 10_000 }),
        theirs,
        'list of many records of one owner',
      )
    },
  },
]
