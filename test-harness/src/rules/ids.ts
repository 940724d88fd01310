import type { SessionStore } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { expectAbsent, expectAnswer, expectRefusal, expectStored } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { expectListed, listAll } from './listing.ts'
import { sweepAll } from './sweeping.ts'

export const idRules: readonly Rule[] = [
  {
    id: 'ID-001',
    level: 'MUST',
    tier: 'core',
    title: 'ids that begin with 0 or 1 work as all others',
    why: 'Core keeps its leases and owner markers under them.',
    async check(ctx) {
      const store = await ctx.open()
      for (const first of ['0', '1']) {
        const session = ctx.session({ id: first + ctx.id().slice(1) })
        await expectAnswer(store.create(session), 'created', `create under an id that begins with ${first}`)
        const next = ctx.successor(session)
        await expectAnswer(store.update(next, session.version), 'saved', `update of an id that begins with ${first}`)
        await expectStored(store, next, `the record under an id that begins with ${first}`)
        if (ctx.capabilities.list) {
          expectListed(await listAll(store), [next], `list of an id that begins with ${first}`)
        }
        await expectAnswer(store.destroy(session.id), 'destroyed', `destroy of an id that begins with ${first}`)
        if (ctx.capabilities.purge !== 'sweep') continue
        await expectAnswer(store.create(session), 'created', `create under an id that begins with ${first}`)
        await sweepAll(store, session.purgeAt)
        await expectAbsent(store, session.id, `sweep left a due record under an id that begins with ${first}`)
      }
    },
  },
  {
    id: 'ID-002',
    level: 'MUST',
    tier: 'core',
    title: 'ids that differ in a single character, first or last, name different records',
    why: 'A key that is cut off or hashed down gives one user the session of another.',
    async check(ctx) {
      const store = await ctx.open()
      const middle = 'k'.repeat(24)
      const ids = ['a', 'b', 'z', '0', '1', '9'].flatMap((x) => [`${x}${middle}q`, `q${middle}${x}`])
      await expectSeparate(ctx, store, ids)
    },
  },
  {
    id: 'ID-003',
    level: 'MUST',
    tier: 'core',
    title: 'ids that would be the same number name different records',
    why: 'Column affinity and loose comparison take "0e1" and "0e2", or "01" and "1", for equal.',
    async check(ctx) {
      const store = await ctx.open()
      const zeros = '0'.repeat(25)
      await expectSeparate(ctx, store, [
        `${zeros}0`,
        `0e${'0'.repeat(24)}`,
        `${zeros.slice(1)}e1`,
        `${zeros}1`,
        '1'.repeat(26),
      ])
    },
  },
  {
    id: 'ID-004',
    level: 'MUST',
    tier: 'core',
    title: 'anything but 26 characters of a-z and 0-9 is refused as an id with `ERR_INVALID_ID`, by every operation',
    why: 'Ids used as file names gave root away (CVE-2024-3400, CVE-2025-61686), and "" was once a shared session (CVE-2015-3982).',
    async check(ctx) {
      const store = await ctx.open()
      const id = ctx.id()
      await refuseAll(ctx, store, [
        '',
        '../x',
        `./${id}`,
        `../../${id.slice(6)}`,
        `${id.slice(0, 12)}/${id.slice(13)}`,
        `${id.slice(0, 12)}\\${id.slice(13)}`,
        `${id.slice(0, 12)}.${id.slice(13)}`,
        `${id.slice(0, 12)}:${id.slice(13)}`,
        `${id.slice(0, 12)}*${id.slice(13)}`,
        id.slice(1),
        `${id}a`,
        `${id}\n`,
        `${id.slice(1)}\n`,
        `${id.slice(1)}\u0000`,
        `${id}\u0000`,
        ` ${id.slice(1)}`,
        `é${id.slice(1)}`,
        '__proto__',
        'constructor',
        'toString',
      ])
    },
  },
  {
    id: 'ID-005',
    level: 'MUST',
    tier: 'core',
    title: 'the id of a stored record in capital letters is refused, not found',
    why: 'Case-insensitive file systems and collations would find it: two ids for one session.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session({ id: 'abcdefghijklmnopqrstuvwxyz' })
      await store.create(session)
      await refuseAll(ctx, store, [session.id.toUpperCase(), `A${session.id.slice(1)}`])
      await expectStored(store, session, 'the record whose id was given in capital letters')
    },
  },
  {
    id: 'ID-006',
    level: 'MUST',
    tier: 'core',
    title: 'an id that is no string is refused with `ERR_INVALID_ID`',
    why: 'Parsed query strings and JSON bring arrays and objects, which backends take for operators or turn into text.',
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      const disguised = { toString: () => session.id, length: 26 }
      await refuseAll(ctx, store, [undefined, null, 26, true, [session.id], disguised, { $gt: '' }, Symbol('id')])
      await expectStored(store, session, 'the record whose id was given in disguise')
    },
  },
  {
    id: 'ID-007',
    level: 'MUST',
    tier: 'core',
    title: 'an id of a million characters is refused with `ERR_INVALID_ID`',
    why: 'A cookie is as long as its sender likes; the refusal must not cost, or repeat, what was sent.',
    async check(ctx) {
      const store = await ctx.open()
      await refuseAll(ctx, store, ['a'.repeat(1_000_000)])
    },
  },
]

async function expectSeparate(ctx: RuleContext, store: SessionStore, ids: readonly string[]): Promise<void> {
  const sessions = ids.map((id) => ctx.session({ id }))
  for (const session of sessions) await expectAnswer(store.create(session), 'created', `create under ${session.id}`)
  for (const session of sessions) await expectStored(store, session, `the record under ${session.id}`)
  const [first, ...others] = sessions
  if (first) await expectAnswer(store.destroy(first.id), 'destroyed', `destroy of ${first.id}`)
  for (const session of others)
    await expectStored(store, session, `the record under ${session.id}, another one destroyed`)
}

/** Every operation refuses each of the ids, and nothing is written: a store with a list shows no more than before. */
async function refuseAll(ctx: RuleContext, store: SessionStore, ids: readonly unknown[]): Promise<void> {
  const before = await store.list?.({ limit: 100 })
  for (const hostile of ids) {
    const id = hostile as string
    const record = { ...ctx.session(), id }
    const what =
      typeof hostile === 'string' ? `the id ${JSON.stringify(hostile.slice(0, 40))}` : `a ${typeof hostile} as id`
    const refused = (call: () => Promise<unknown>, operation: string) =>
      expectRefusal(call, 'ERR_INVALID_ID', `${operation} with ${what}`)
    await refused(() => store.create(record), 'create')
    await refused(() => store.load(id), 'load')
    await refused(() => store.update(record, ctx.version()), 'update')
    await refused(() => store.touch(record, record), 'touch')
    await refused(() => store.destroy(id), 'destroy')
  }
  const after = await store.list?.({ limit: 100 })
  const written = after?.sessions.find(({ id }) => !before?.sessions.some((session) => session.id === id))
  if (written) await expectAbsent(store, written.id, 'a call that was refused wrote a record')
}
