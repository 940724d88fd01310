import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { expectAbsent, expectAnswer, expectRefusal, expectStored } from '../engine/expect.ts'
import type { Need, Rule } from '../engine/rule.ts'
import { LONGEST_TRIED } from './sizes.ts'

const KIB_64 = 65_536

const OWNERS = [
  ...[null, '', '007', 'null', 'user ', ' user', 'a\u0000b', 'Ünïcödé 😀', 'e\u0301', 'a b:c/d'],
  ...['x'.repeat(255), '😀'.repeat(127)],
]

const longPayloads: Need = {
  reason: 'the store takes no payloads of 64 KiB',
  isMet: ({ capabilities }) => capabilities.maxPayloadBytes >= KIB_64,
}

export const payloadRules: readonly Rule[] = [
  fidelity('PAYLOAD-001', 'the empty string', 'Empty must not become null, nor "no session".', () => ['']),
  fidelity(
    'PAYLOAD-002',
    'NUL and other control characters',
    'C strings end at NUL: what comes back is then valid, shorter and wrong.',
    () => ['\u0000', 'a\u0000b', '\u0001\u0008\u001b\u007f\u0080\u009f', 'tab\tline\nreturn\r\n'],
  ),
  fidelity(
    'PAYLOAD-003',
    'characters beyond the Basic Multilingual Plane, and a byte order mark',
    "MySQL's utf8 cuts text off at the first emoji; decoders swallow a leading U+FEFF.",
    () => ['😀', '👩‍👩‍👧‍👦', '\u{10ffff}', '\ufeffmarked', '\ufffe\uffff', '𝒜'.repeat(1_000)],
  ),
  fidelity(
    'PAYLOAD-004',
    'line separators, quotes and backslashes',
    'U+2028 ends a line in some parsers; quotes end a string wherever a statement is put together by hand.',
    () => ['\u2028\u2029\u0085', `'"\`\\`, "'; DROP TABLE sessions; --", '\\u0000', '%s {0} $1'],
  ),
  fidelity(
    'PAYLOAD-005',
    'text that looks like another type',
    `SQLite's column affinity and shell-like encodings turn "007" into 7 and "null" into nothing.`,
    () => ['007', '1e3', '0x10', '12345678901234567890', 'null', 'true', 'undefined', ' ', ' padded ', '\n'],
  ),
  fidelity(
    'PAYLOAD-006',
    'composed and decomposed characters, which stay as they are',
    'Normalising changes what was signed or encrypted.',
    () => ['é', 'e\u0301', 'ﬁ', 'Å', 'Å', 'ß'],
  ),
  fidelity(
    'PAYLOAD-007',
    'JSON text with a `__proto__` key',
    'A store that parses and merges what it is given pollutes prototypes (hackerone 310443, session-memory-store PR #3).',
    () => ['{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'],
  ),
  fidelity(
    'PAYLOAD-008',
    'lengths around 64 KiB',
    'TEXT in MySQL ends at 65,535 bytes and truncates silently; buffers and pipes change hands there.',
    () => [-1, 0, 1].map((by) => 'x'.repeat(KIB_64 + by)),
    longPayloads,
  ),
  fidelity(
    'PAYLOAD-009',
    'long text of two, three and four bytes a character',
    "A character cut in two at a chunk's edge comes back as U+FFFD.",
    (limit) => {
      const length = Math.max(1, Math.min(KIB_64 / 2, Math.floor(limit / 4) - 3))
      return ['é', '€', '😀'].flatMap((one) => [0, 1, 2, 3].map((by) => 'x'.repeat(by) + one.repeat(length)))
    },
  ),
  {
    id: 'PAYLOAD-010',
    level: 'MUST',
    tier: 'core',
    title: 'a payload of exactly `maxPayloadBytes` is stored, one of a byte more is refused',
    why: 'Bytes of UTF-8 count, not characters. Refused with `ERR_PAYLOAD_TOO_LARGE` beats truncated, and the old record stays.',
    async check(ctx) {
      const [small, usual] = [await ctx.open({ maxPayloadBytes: 4_096 }), await ctx.open()]
      await expectLimit(ctx, small)
      if (usual.capabilities.maxPayloadBytes > small.capabilities.maxPayloadBytes) await expectLimit(ctx, usual)
    },
  },
  {
    id: 'PAYLOAD-011',
    level: 'MUST',
    tier: 'core',
    title: 'a payload with a lone surrogate is refused with `ERR_INVALID_PAYLOAD`',
    why: 'It has no UTF-8 form, so it would come back as U+FFFD: changed, and reported as saved.',
    async check(ctx) {
      const store = await ctx.open()
      const stored = ctx.session()
      await store.create(stored)
      const long = 'x'.repeat(Math.max(0, Math.min(KIB_64, store.capabilities.maxPayloadBytes - 3)))
      for (const payload of ['\ud800', '\udc00', 'a\ud83d', '\ude00\ud83d', `${long}\udbff`]) {
        await expectRefused(ctx, store, stored, payload, 'ERR_INVALID_PAYLOAD', 'a payload with a lone surrogate')
      }
    },
  },
  {
    id: 'PAYLOAD-012',
    level: 'MUST',
    tier: 'core',
    title: 'a payload that is no string is refused with `ERR_INVALID_PAYLOAD`',
    why: 'Coerced to text it comes back as "[object Object]".',
    async check(ctx) {
      const store = await ctx.open()
      const stored = ctx.session()
      await store.create(stored)
      for (const payload of [undefined, null, 7, true, { n: 1 }, ['x'], Buffer.from('x')]) {
        await expectRefused(ctx, store, stored, payload, 'ERR_INVALID_PAYLOAD', `a payload that is a ${typeof payload}`)
      }
    },
  },
  {
    id: 'PAYLOAD-013',
    level: 'MUST',
    tier: 'core',
    title:
      'owners come back as they were given: null, empty, long, padded, with NUL, and text that looks like a number',
    why: `Redis knows no null and SQLite's affinity no "007": an owner that changes cannot be found again to be revoked.`,
    async check(ctx) {
      const store = await ctx.open()
      for (const owner of OWNERS) {
        const what = `owner ${JSON.stringify(owner)}`
        const session = ctx.session({ owner })
        await expectAnswer(store.create(session), 'created', `create with ${what}`)
        await expectStored(store, session, `the record with ${what}`)
        const other = ctx.session()
        await store.create(other)
        const next = ctx.successor(other, { owner })
        await expectAnswer(store.update(next, other.version), 'saved', `update to ${what}`)
        await expectStored(store, next, `the record updated to ${what}`)
      }
    },
  },
]

/** The same payloads by create and by update. Those that a store with a limit of its own does not take are left out. */
function fidelity(
  id: string,
  what: string,
  why: string,
  payloads: (maxPayloadBytes: number) => string[],
  needs?: Need,
): Rule {
  return {
    id,
    level: 'MUST',
    tier: 'core',
    title: `payloads come back unchanged: ${what}`,
    why,
    ...(needs && { needs }),
    async check(ctx) {
      const store = await ctx.open()
      const { maxPayloadBytes } = store.capabilities
      for (const payload of payloads(maxPayloadBytes)) {
        if (Buffer.byteLength(payload) > maxPayloadBytes) continue
        const session = ctx.session({ payload })
        await expectAnswer(store.create(session), 'created', 'create')
        await expectStored(store, session, 'the payload of a created record came back changed')
        const plain = ctx.successor(session)
        await expectAnswer(store.update(plain, session.version), 'saved', 'update')
        const next = ctx.successor(session, { payload })
        await expectAnswer(store.update(next, plain.version), 'saved', 'update')
        await expectStored(store, next, 'the payload of an updated record came back changed')
      }
    },
  }
}

/** Payloads as long as the store declares come back unchanged, and no longer ones are taken. */
async function expectLimit(ctx: RuleContext, store: SessionStore): Promise<void> {
  const { maxPayloadBytes } = store.capabilities
  const longest = Math.min(maxPayloadBytes, LONGEST_TRIED)
  const wide = '€'.repeat(Math.floor(longest / 3)) + 'x'.repeat(longest % 3)
  let stored = ctx.session()
  await store.create(stored)
  for (const payload of ['x'.repeat(longest - 1), 'x'.repeat(longest), wide]) {
    const created = ctx.session({ payload })
    await expectAnswer(store.create(created), 'created', 'create with a payload that just fits')
    await expectStored(store, created, 'the record created with a payload that just fits')
    const next = ctx.successor(stored, { payload })
    await expectAnswer(store.update(next, stored.version), 'saved', 'update with a payload that just fits')
    await expectStored(store, next, 'the record updated with a payload that just fits')
    stored = next
  }
  if (longest < maxPayloadBytes) return
  for (const payload of ['x'.repeat(longest + 1), `${wide}x`]) {
    await expectRefused(ctx, store, stored, payload, 'ERR_PAYLOAD_TOO_LARGE', 'a payload that is one byte too long')
  }
}

/** Neither create nor update takes the payload; nothing is stored and nothing changed. */
async function expectRefused(
  ctx: RuleContext,
  store: SessionStore,
  stored: StoredSession,
  payload: unknown,
  code: 'ERR_INVALID_PAYLOAD' | 'ERR_PAYLOAD_TOO_LARGE',
  what: string,
): Promise<void> {
  const created = { ...ctx.session(), payload } as StoredSession
  await expectRefusal(() => store.create(created), code, `create with ${what}`)
  await expectAbsent(store, created.id, `create with ${what} stored a record`)
  const next = { ...ctx.successor(stored), payload } as StoredSession
  await expectRefusal(() => store.update(next, stored.version), code, `update with ${what}`)
  await expectStored(store, stored, `update with ${what} changed the record`)
}
