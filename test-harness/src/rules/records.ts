import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { expectAbsent, expectAnswer, expectRefusal, expectStored } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'

const wrongInstants = [Number.NaN, Number.POSITIVE_INFINITY, 1.5, 2 ** 53, '1', null, undefined, new Date(0), 1n]

export const recordRules: readonly Rule[] = [
  {
    id: 'RECORD-001',
    level: 'MUST',
    tier: 'core',
    title: 'a version that is not 16 to 32 characters of A-Z, a-z, 0-9, _ and - is refused with `ERR_INVALID_RECORD`',
    why: "Versions become parts of file names and of scripts' arguments; a guessable or empty one is no proof of a load.",
    async check(ctx) {
      const store = await ctx.open()
      const stored = ctx.session()
      await store.create(stored)
      const wrong = [
        '',
        'x'.repeat(15),
        'x'.repeat(33),
        `${'x'.repeat(16)}.`,
        `${'x'.repeat(16)}/`,
        `${'x'.repeat(16)}\n`,
        7,
        null,
      ]
      for (const version of wrong) {
        const what = `version ${JSON.stringify(version)}`
        await refuseRecord(ctx, store, stored, { version }, what)
        await expectRefusal(
          () => store.update(ctx.successor(stored), version as string),
          'ERR_INVALID_RECORD',
          `update with expected ${what}`,
        )
        await expectRefusal(
          () => store.touch({ ...stored, version: version as string }, stored),
          'ERR_INVALID_RECORD',
          `touch with ${what}`,
        )
      }
      await expectStored(store, stored, 'a call that was refused changed the record')
    },
  },
  {
    id: 'RECORD-002',
    level: 'MUST',
    tier: 'core',
    title: 'versions of 16 to 32 characters work, and differ by every character and its case',
    why: 'A version compared without case or cut off lets a save through that should be a conflict.',
    async check(ctx) {
      const store = await ctx.open()
      for (const version of ['x'.repeat(16), 'aZ09_-aZ09_-aZ09', 'y'.repeat(31), 'Z'.repeat(32), '0'.repeat(16)]) {
        const session = ctx.session({ version })
        await expectAnswer(store.create(session), 'created', `create with version ${version}`)
        await expectStored(store, session, `the record with version ${version}`)
        const swapped = version === version.toUpperCase() ? version.toLowerCase() : version.toUpperCase()
        const close = [swapped, `${version.slice(0, -1)}!`.replace('!', '-'), version.padEnd(32, 'x')]
        for (const other of close.filter((one) => one !== version)) {
          const next = ctx.successor(session)
          await expectAnswer(store.update(next, other), 'conflict', `update of version ${version} from ${other}`)
          await expectAnswer(
            store.touch({ ...session, version: other }, session),
            'conflict',
            `touch of version ${version} as ${other}`,
          )
        }
        await expectStored(store, session, `the record with version ${version}, after other versions were tried`)
      }
    },
  },
  {
    id: 'RECORD-003',
    level: 'MUST',
    tier: 'core',
    title:
      'instants that are no whole milliseconds, or a purge time before the expiry, are refused with `ERR_INVALID_RECORD`',
    why: 'An expiry floored to 0 came to mean "never" and was listed for ever (better-auth #10992).',
    async check(ctx) {
      const store = await ctx.open()
      const stored = ctx.session()
      await store.create(stored)
      const pairs = [
        ...wrongInstants.flatMap((value) => [{ expiresAt: value }, { purgeAt: value }]),
        { purgeAt: stored.expiresAt - 1, expiresAt: stored.expiresAt },
      ]
      for (const pair of pairs) {
        const [[name, value] = []] = Object.entries(pair)
        const what = `${name} ${String(value)}`
        await refuseRecord(ctx, store, stored, pair, what)
        const lifetime = { ...stored, ...pair } as StoredSession
        await expectRefusal(() => store.touch(stored, lifetime), 'ERR_INVALID_RECORD', `touch with ${what}`)
      }
      await expectStored(store, stored, 'a call that was refused changed the record')
    },
  },
  {
    id: 'RECORD-004',
    level: 'MUST',
    tier: 'core',
    title: 'an owner that is neither null nor at most 255 characters of text is refused with `ERR_INVALID_RECORD`',
    why: 'An owner that a backend cuts off or converts is not found when its sessions are revoked.',
    async check(ctx) {
      const store = await ctx.open()
      const stored = ctx.session()
      await store.create(stored)
      for (const owner of ['x'.repeat(256), undefined, 7, {}, ['user-1'], '\ud800']) {
        await refuseRecord(ctx, store, stored, { owner }, `a ${typeof owner} as owner`)
      }
      await expectStored(store, stored, 'a call that was refused changed the record')
    },
  },
]

/** Neither create nor update takes a record with these fields, and create stores nothing. */
async function refuseRecord(
  ctx: RuleContext,
  store: SessionStore,
  stored: StoredSession,
  fields: Partial<Record<keyof StoredSession, unknown>>,
  what: string,
): Promise<void> {
  const created = { ...ctx.session(), ...fields } as StoredSession
  await expectRefusal(() => store.create(created), 'ERR_INVALID_RECORD', `create with ${what}`)
  await expectAbsent(store, created.id, `create with ${what} stored a record`)
  const next = { ...ctx.successor(stored), ...fields } as StoredSession
  await expectRefusal(() => store.update(next, stored.version), 'ERR_INVALID_RECORD', `update with ${what}`)
}
