import { until } from '@leeway/testing'
import { record, sessionId, version } from '@leeway/testing/records'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { redisStore } from '../index.ts'
import { sharedServer } from '../testing/support.ts'

const { client } = await sharedServer()
const store = redisStore({ client })
const keyOf = (id: string) => `leeway:default:${id}`
/** Redis rounds, and the commands between take their time. */
const SLACK_MS = 50

let names = 0
const fresh = (ttlMs: number, owner: string | null = null) => {
  const now = Date.now()
  return record(`n${names++}`, { owner, expiresAt: now, purgeAt: now + ttlMs })
}

test('a session goes by itself at its purge time, not before and not when it expires', async () => {
  const session = fresh(300, 'alice')
  const startedAt = performance.now()
  await store.create(session)
  expect(await store.load(session.id)).toEqual(session)
  await until('it has gone', async () => (await store.load(session.id)) === undefined, 5_000)
  const ms = performance.now() - startedAt
  expect(ms).toBeGreaterThan(290)
  expect(ms).toBeLessThan(2_000)
  expect(await store.update({ ...session, version: version(2) }, session.version)).toBe('gone')
  expect(await store.touch(session, session)).toBe('gone')
  expect(await store.destroy(session.id)).toBe('gone')
})

test('a purge time that has passed already gives the shortest time to live there is, and no error', async () => {
  for (const purgeAt of [Date.now() - 1, Date.now() - 1e9, 0, -1, -Number.MAX_SAFE_INTEGER]) {
    const session = { ...fresh(0), expiresAt: purgeAt, purgeAt }
    expect(await store.create(session)).toBe('created')
    await until('it has gone', async () => (await store.load(session.id)) === undefined, 1_000)
  }
})

test('the last instant that there is can be a purge time', async () => {
  const session = { ...fresh(0, 'methuselah'), purgeAt: Number.MAX_SAFE_INTEGER }
  expect(await store.create(session)).toBe('created')
  expect(await store.load(session.id)).toEqual(session)
  expect(Number(await client.pttl(keyOf(session.id)))).toBeGreaterThan(8e15)
  expect((await store.list?.({ owner: 'methuselah', limit: 1 }))?.sessions).toHaveLength(1)
})

test('no write of any clock shortens the time that a session has to live', async () => {
  const write = fc.record({
    kind: fc.constantFrom('update' as const, 'touch' as const),
    skewMs: fc.integer({ min: -3_600_000, max: 3_600_000 }),
    ttlMs: fc.integer({ min: -100_000, max: 100_000 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 6 }), async (writes) => {
      const session = fresh(60_000)
      let goneAt = performance.now() + 60_000
      await store.create(session)
      let current = version(1)
      for (const [number, { kind, skewMs, ttlMs }] of writes.entries()) {
        const clock = { now: () => Date.now() + skewMs }
        const skewed = redisStore({ client, clock })
        const lifetime = { expiresAt: clock.now() - 200_000, purgeAt: clock.now() + ttlMs }
        goneAt = Math.max(goneAt, performance.now() + ttlMs)
        if (kind === 'touch') {
          expect(await skewed.touch({ ...session, version: current }, lifetime)).toBe('touched')
        } else {
          const next = version(number + 2)
          expect(await skewed.update({ ...session, ...lifetime, version: next }, current)).toBe('saved')
          current = next
        }
        const left = Number(await client.pttl(keyOf(session.id)))
        expect(Math.abs(left - (goneAt - performance.now()))).toBeLessThan(SLACK_MS * (number + 1))
      }
    }),
    { numRuns: 100 },
  )
})

describe('a key that has lost its time to live', () => {
  it.each(['update', 'touch'] as const)('gets one with the next %s', async (kind) => {
    const session = fresh(60_000, `owner-${kind}`)
    await store.create(session)
    const index = keyOf(`owner:owner-${kind}`)
    for (const key of [keyOf(session.id), index]) expect(await client.persist(key)).toBe(1)
    if (kind === 'touch') expect(await store.touch(session, session)).toBe('touched')
    else expect(await store.update({ ...session, version: version(2) }, session.version)).toBe('saved')
    for (const key of [keyOf(session.id), index]) {
      const left = Number(await client.pttl(key))
      expect(left).toBeGreaterThan(60_000 - 5_000)
      expect(left).toBeLessThanOrEqual(60_000)
    }
  })
})

describe("an owner's index", () => {
  const index = keyOf('owner:bob')

  it('lives as long as its longest session', async () => {
    await store.create(fresh(10_000, 'bob'))
    await store.create(fresh(80_000, 'bob'))
    const last = fresh(20_000, 'bob')
    await store.create(last)
    const longest = Number(await client.pttl(index))
    expect(longest).toBeGreaterThan(80_000 - 5_000)
    expect(longest).toBeLessThanOrEqual(80_000)
    await store.touch(last, { expiresAt: last.expiresAt, purgeAt: Date.now() + 200_000 })
    expect(Number(await client.pttl(index))).toBeGreaterThan(200_000 - 5_000)
  })

  it('goes by itself with its last session', async () => {
    await store.create(fresh(100, 'carol'))
    expect(await client.exists(keyOf('owner:carol'))).toBe(1)
    await until('it has gone', async () => (await client.exists(keyOf('owner:carol'))) === 0, 5_000)
  })

  it('drops the entries of what has gone with the next write, at most 500 of them', async () => {
    const past = Date.now() - 1_000
    const gone = Array.from({ length: 1_200 }, (_, number) => [past - number, sessionId(number)])
    const key = keyOf('owner:dave')
    await client.zadd(key, ...gone.flat())
    for (const left of [701, 202, 3, 4]) {
      await store.create(fresh(60_000, 'dave'))
      expect(await client.zcard(key)).toBe(left)
    }
  })

  it('keeps the entry of a session that was made longer, however short the later write says', async () => {
    const session = fresh(60_000, 'erin')
    await store.create(session)
    const key = keyOf('owner:erin')
    const before = Number(await client.zscore(key, session.id))
    await store.touch(session, { expiresAt: 0, purgeAt: 1 })
    expect(Number(await client.zscore(key, session.id))).toBe(before)
  })
})
