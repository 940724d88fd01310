import type { SessionStore } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { expectAbsent, expectAnswer, expectRefusal, expectStored } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { at } from './handles.ts'
import { expectListed, listAll } from './listing.ts'
import { listing, sweptPurge } from './needs.ts'
import { sweepAll } from './sweeping.ts'

/** Prefixes of each other, and what a wildcard or a separator would mix up. */
const namespaces = ['app', 'ap', 'app-1', 'app_1', 'appx1', 'app1', '0', 'a'.repeat(64)]

export const namespaceRules: readonly Rule[] = [
  {
    id: 'SPACE-001',
    level: 'MUST',
    tier: 'core',
    title: 'the same id in two namespaces names two records',
    why: 'Staging and production share a server more often than they should.',
    async check(ctx) {
      const stores = await openAll(ctx)
      const id = ctx.id()
      const sessions = stores.map(() => ctx.session({ id }))
      for (const [n, store] of stores.entries()) {
        await expectAnswer(store.create(at(sessions, n)), 'created', `create in namespace ${namespaces[n]}`)
      }
      for (const [n, store] of stores.entries()) {
        await expectStored(store, at(sessions, n), `the record in namespace ${namespaces[n]}`)
      }
      await expectAnswer(at(stores, 0).destroy(id), 'destroyed', 'destroy in one namespace')
      for (const [n, store] of [...stores.entries()].slice(1)) {
        await expectStored(store, at(sessions, n), 'a record whose id was destroyed in another namespace')
      }
    },
  },
  {
    id: 'SPACE-002',
    level: 'MUST',
    tier: 'core',
    title: 'no operation reaches a record of another namespace, not even of one that is its prefix',
    why: 'Keys matched by prefix mix up `app` and `app-1`.',
    async check(ctx) {
      const [own, ...others] = await openAll(ctx)
      const session = ctx.session()
      await own?.create(session)
      for (const other of others) {
        await expectAbsent(other, session.id, 'load found a record of another namespace')
        await expectAnswer(other.update(ctx.successor(session), session.version), 'gone', 'update in another namespace')
        await expectAnswer(other.touch(session, session), 'gone', 'touch in another namespace')
        await expectAnswer(other.destroy(session.id), 'gone', 'destroy in another namespace')
      }
      if (own) await expectStored(own, session, 'the record after calls in other namespaces')
    },
  },
  {
    id: 'SPACE-003',
    level: 'MUST',
    tier: 'core',
    title: 'sweep removes and counts only records of its own namespace',
    why: "Another application's grace may be longer.",
    needs: sweptPurge,
    async check(ctx) {
      const stores = await openAll(ctx)
      const sessions = stores.map(() => ctx.session())
      for (const [n, store] of stores.entries()) await store.create(at(sessions, n))
      for (const [n, store] of stores.entries()) {
        const { removed } = await sweepAll(store, at(sessions, n).purgeAt)
        if (removed !== 1) await expectAnswer(Promise.resolve(removed), 1, `what a sweep of ${namespaces[n]} removed`)
        for (const [m, other] of [...stores.entries()].slice(n + 1)) {
          await expectStored(other, at(sessions, m), `a record after a sweep of namespace ${namespaces[n]}`)
        }
      }
    },
  },
  {
    id: 'SPACE-004',
    level: 'MUST',
    tier: 'core',
    title: 'list gives only records of its own namespace',
    why: 'Revoke-all in one application would log out the users of another, or show them.',
    needs: listing,
    async check(ctx) {
      const stores = await openAll(ctx)
      const sessions = stores.map(() => ctx.session({ owner: 'user-1' }))
      for (const [n, store] of stores.entries()) await store.create(at(sessions, n))
      for (const [n, store] of stores.entries()) {
        for (const query of [{}, { owner: 'user-1' }, { limit: 1 }]) {
          expectListed(await listAll(store, query), [at(sessions, n)], `list in namespace ${namespaces[n]}`)
        }
      }
    },
  },
  {
    id: 'SPACE-005',
    level: 'MUST',
    tier: 'core',
    title: 'a namespace that is not 1 to 64 characters of a-z, 0-9, _ and - is refused with `ERR_INVALID_OPTION`',
    why: 'It becomes part of keys, table rows and paths (connect-pg-simple 6.0.1 escaped its names only then).',
    async check(ctx) {
      for (const namespace of ['', 'App', '../x', 'a/b', 'a:b', 'a b', 'a.b', 'a\u0000', 'é', 'a'.repeat(65)]) {
        const opening = () => ctx.open({ namespace })
        await expectRefusal(opening, 'ERR_INVALID_OPTION', `opening with namespace ${JSON.stringify(namespace)}`)
      }
    },
  },
]

async function openAll(ctx: RuleContext): Promise<SessionStore[]> {
  const stores: SessionStore[] = []
  for (const namespace of namespaces) stores.push(await ctx.open({ namespace }))
  return stores
}
