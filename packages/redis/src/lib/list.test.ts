import type { SessionStore } from '@leeway/core/adapter'
import { record, sessionId, version } from '@leeway/testing/records'
import { beforeEach, describe, expect, it, test } from 'vitest'
import { redisStore } from '../index.ts'
import { failureOf, sharedServer } from '../testing/support.ts'

const { server, client } = await sharedServer()
const store = redisStore({ client })
const INDEX = 'leeway:default:owner:alice'
const KEY = `leeway:default:${sessionId('mine')}`
beforeEach(async () => {
  await client.flushdb()
})

const lifetime = (more = 0) => ({ expiresAt: Date.now() + 30_000 + more, purgeAt: Date.now() + 60_000 + more })
const owned = (name: string | number, owner: string | null = 'alice') => record(name, { owner, ...lifetime() })
const createAll = (count: number, owner: string | null = 'alice') =>
  Promise.all(Array.from({ length: count }, (_, number) => store.create(owned(number, owner))))

interface Walk {
  readonly ids: string[]
  readonly pages: number[]
}

/** Every page from the first to the last; `between` happens after each. */
async function walk(
  on: SessionStore,
  query: { owner?: string; limit: number },
  between?: (page: number, cursor: string) => Promise<unknown>,
): Promise<Walk> {
  const [ids, pages]: [string[], number[]] = [[], []]
  let cursor: string | undefined
  do {
    const page = await on.list?.({ ...query, cursor })
    ids.push(...(page?.sessions ?? []).map(({ id }) => id))
    pages.push(page?.sessions.length ?? 0)
    cursor = page?.cursor
    await between?.(pages.length, cursor ?? '')
  } while (cursor !== undefined)
  return { ids, pages }
}

describe("an owner's list", () => {
  it('has each session once, also where all entries have one score', async () => {
    await createAll(25)
    const score = Date.now() + 60_000
    for (let number = 0; number < 25; number++) await client.zadd(INDEX, score, sessionId(number))
    for (const limit of [1, 2, 7, 24, 25, 26, 1_000]) {
      const { ids, pages } = await walk(store, { owner: 'alice', limit })
      expect(ids).toEqual(Array.from({ length: 25 }, (_, number) => sessionId(number)))
      expect(Math.max(...pages)).toBeLessThanOrEqual(limit)
    }
  })

  it.each([
    ['that lives longer than its new lifetime says', () => client.ttl(KEY)],
    ['that has lost its time to live', () => client.persist(KEY)],
  ])('has a session %s for as long as it is there', async (_, age) => {
    const session = record('mine', { owner: 'bob', ...lifetime(2_000_000) })
    await store.create(session)
    await age()
    const past = { expiresAt: Date.now() - 2, purgeAt: Date.now() - 1 }
    expect(await store.update({ ...session, ...past, version: version('next'), owner: 'alice' }, session.version)).toBe(
      'saved',
    )
    const [left, score] = [await client.pttl(KEY), await client.zscore(INDEX, session.id)]
    expect(left).toBeGreaterThan(2_000_000)
    expect(Number(score)).toBeGreaterThanOrEqual(Date.now() + left - 1_000)
    expect((await walk(store, { owner: 'alice', limit: 10 })).ids).toEqual([session.id])
  })

  it('goes on where it was after the last one seen has moved or gone', async () => {
    await createAll(20)
    const score = Date.now() + 60_000
    for (let number = 0; number < 20; number++)
      await client.zadd(INDEX, score + Math.floor(number / 4), sessionId(number))
    const leaving = new Set<string>()
    const { ids } = await walk(store, { owner: 'alice', limit: 3 }, async (page, cursor) => {
      const last = cursor.split(':')[1]
      if (last === undefined) return
      if (page % 2 === 0) {
        await client.zrem(INDEX, last)
        leaving.add(last)
      } else {
        await store.touch({ id: last, version: version(1), owner: 'alice' }, lifetime(100_000))
      }
      if (page > 30) throw new Error('the list does not end')
    })
    const staying = Array.from({ length: 20 }, (_, number) => sessionId(number)).filter((id) => !leaving.has(id))
    expect(ids).toEqual(expect.arrayContaining(staying))
    expect(leaving.size).toBeGreaterThan(0)
  })

  it("passes by what has gone and what is somebody else's, and ends all the same", async () => {
    await createAll(9)
    for (const number of [0, 1, 2]) await store.destroy(sessionId(number))
    await store.update({ ...owned(3, 'bob'), version: version(2) }, version(1))
    await store.update({ ...owned(4, null), version: version(2) }, version(1))
    const { ids } = await walk(store, { owner: 'alice', limit: 2 })
    expect(ids).toEqual([5, 6, 7, 8].map((number) => sessionId(number)))
    expect((await walk(store, { owner: 'bob', limit: 2 })).ids).toEqual([sessionId(3)])
  })

  it('has 2,500 sessions, in pages of at most 1,000', async () => {
    await createAll(2_500)
    const { ids, pages } = await walk(store, { owner: 'alice', limit: 10_000 })
    expect(new Set(ids).size).toBe(2_500)
    expect(ids).toHaveLength(2_500)
    expect(pages).toEqual([1_000, 1_000, 500])
  })

  it('of an owner whom nobody knows is empty', async () => {
    expect(await store.list?.({ owner: 'nobody', limit: 5 })).toEqual({ sessions: [], cursor: undefined })
  })
})

describe('a list of all', () => {
  it('has each of 2,500 sessions, in pages no longer than asked for', async () => {
    await createAll(2_500, null)
    for (const limit of [40, 999, 10_000]) {
      const { ids, pages } = await walk(store, { limit })
      expect(new Set(ids).size).toBe(2_500)
      expect(Math.max(...pages)).toBeLessThanOrEqual(Math.min(limit, 1_000))
    }
  })

  it('finds what stays while others come and go between its pages', async () => {
    await createAll(1_000, null)
    const { ids } = await walk(store, { limit: 50 }, async (page) => {
      await Promise.all(Array.from({ length: 100 }, (_, number) => store.create(owned(`new${page}x${number}`, null))))
      for (let number = 0; number < 10; number++) await store.destroy(sessionId(`new${page}x${number}`))
      if (page > 200) throw new Error('the list does not end')
    })
    expect(ids).toEqual(expect.arrayContaining(Array.from({ length: 1_000 }, (_, number) => sessionId(number))))
  })

  it('finds five sessions among 20,000 keys of others, in few pages', async () => {
    await createAll(5, null)
    const foreign = Array.from({ length: 20_000 }, (_, number) => [`other:${number}`, 'x'])
    await client.mset(...foreign.flat())
    const { ids, pages } = await walk(store, { limit: 3 })
    expect(ids.sort()).toEqual([0, 1, 2, 3, 4].map((number) => sessionId(number)))
    expect(pages.length).toBeLessThan(10)
  })

  it('that a restart of the server interrupts says so, and can begin again', async () => {
    const page = async (cursor?: string) => store.list?.({ limit: 1, cursor })
    await createAll(300, null)
    const cursor = (await page())?.cursor
    await server.restart()
    await createAll(3, null)
    let next = cursor
    const { error } = await failureOf(
      (async () => {
        while (next !== undefined) next = (await page(next))?.cursor
        return 'the list ended as if nothing had happened'
      })(),
    )
    expect([error.code, error.operation]).toEqual(['ERR_STORE_FAILED', 'list'])
    expect(error.message).toContain('begin again')
    expect((await walk(store, { limit: 10 })).ids).toHaveLength(3)
  })
})

test.each([
  ['nonsense'],
  ['0'],
  [':'],
  ['1:2'],
  ['1:'],
  [`:${sessionId(1)}`],
  [`x:${sessionId(1)}`],
  ['a:b:c:d'],
  [`Infinity:${sessionId(1)}`],
])('the cursor %j is refused', async (cursor) => {
  for (const owner of ['alice', undefined]) {
    const { error } = await failureOf(Promise.resolve(store.list?.({ limit: 2, cursor, owner })))
    expect([error.code, error.operation]).toEqual(['ERR_INVALID_OPTION', 'list'])
    expect(error.message).toContain('cursor')
  }
})

test("neither list takes the other's cursor", async () => {
  await createAll(300)
  const mine = (await store.list?.({ limit: 2, owner: 'alice' }))?.cursor
  const all = (await store.list?.({ limit: 2 }))?.cursor
  for (const query of [{ cursor: mine }, { cursor: all, owner: 'alice' }]) {
    expect((await failureOf(Promise.resolve(store.list?.({ limit: 2, ...query })))).error.code).toBe(
      'ERR_INVALID_OPTION',
    )
  }
})
