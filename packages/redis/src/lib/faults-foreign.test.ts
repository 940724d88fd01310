import { version } from '@leeway/testing/records'
import { beforeEach, describe, expect, it, test } from 'vitest'
import { redisStore } from '../index.ts'
import { callsOn } from '../testing/calls-of.ts'
import { failureOf, live, sharedServer } from '../testing/support.ts'

const { server, client } = await sharedServer()
const store = redisStore({ client })
const session = live('x', { owner: 'alice' })
const other = live('y', { owner: 'alice' })
const KEY = `leeway:default:${session.id}`
const INDEX = 'leeway:default:owner:alice'
beforeEach(async () => {
  await client.flushdb()
})

describe("a key of another kind under a session's name", () => {
  it.each<[string, () => Promise<unknown>]>([
    ['list', () => client.rpush(KEY, 'x')],
    ['hash', () => client.hset(KEY, 'a', 'b')],
    ['set', () => client.sadd(KEY, 'a')],
    ['zset', () => client.zadd(KEY, 1, 'a')],
    ['stream', () => client.xadd(KEY, '*', 'a', 'b')],
  ])("is refused, in no list, in nobody's way, and a logout removes it: %s", async (kind, put) => {
    await store.create(other)
    await put()
    const calls = callsOn(store, session)
    for (const name of ['create', 'load', 'update', 'touch']) {
      const { error } = await failureOf(Promise.resolve(calls[name]?.()))
      expect([error.code, error.operation]).toEqual(['ERR_STORE_FAILED', name])
      expect(error.message).toContain('WRONGTYPE')
      expect(await client.type(KEY)).toBe(kind)
    }
    for (const name of ['list', 'list by owner']) {
      expect(await calls[name]?.()).toMatchObject({ sessions: [{ id: other.id }], cursor: undefined })
    }
    expect(await store.destroy(session.id)).toBe('destroyed')
    expect(await store.create(session)).toBe('created')
  })
})

describe("a key of another kind under an owner's name", () => {
  it.each(['a text', ''])(
    'fails what would bind a session to the owner, before the session is stored: %j',
    async (text) => {
      await client.set(INDEX, text)
      const calls = callsOn(store, session)
      for (const name of ['create', 'update', 'touch', 'list by owner']) {
        const { error } = await failureOf(Promise.resolve(calls[name]?.()))
        expect(error.code).toBe('ERR_STORE_FAILED')
        expect(error.message).toContain('WRONGTYPE')
      }
      expect(await store.load(session.id)).toBe(undefined)
      expect(await client.get(INDEX)).toBe(text)
    },
  )

  it('takes nothing from sessions that are there: they are read, ended, and saved for somebody else', async () => {
    await store.create(session)
    await store.create(other)
    await client.del(INDEX)
    await client.rpush(INDEX, 'x')
    expect(await store.load(session.id)).toEqual(session)
    await failureOf(store.update({ ...session, version: version(2) }, session.version))
    expect(await store.load(session.id)).toEqual(session)
    expect(await store.update({ ...session, owner: 'bob', version: version(2) }, session.version)).toBe('saved')
    expect(await store.destroy(other.id)).toBe('destroyed')
    await client.del(INDEX)
    expect(await store.create(other)).toBe('created')
    expect((await store.list?.({ owner: 'alice', limit: 5 }))?.sessions.map(({ id }) => id)).toEqual([other.id])
  })
})

test('scripts that the server forgets are told to it again, at any moment', async () => {
  await store.create(session)
  let [current, round] = [session, 0]
  let isOver = false
  const forgetting = (async () => {
    for (let count = 0; !isOver; count++) await server.command('SCRIPT', 'FLUSH', count % 2 ? 'ASYNC' : 'SYNC')
  })()
  for (; round < 150; round++) {
    const next = { ...current, version: version(`v${round}`) }
    const [saved, created, listed] = await Promise.all([
      store.update(next, current.version),
      store.create(live(`n${round}`, { owner: 'bob' })),
      store.list?.({ owner: 'alice', limit: 5 }),
    ])
    expect([saved, created, listed?.sessions.length]).toEqual(['saved', 'created', 1])
    expect(await store.touch(next, next)).toBe('touched')
    current = next
  }
  isOver = true
  await forgetting
  expect((await store.load(session.id))?.version).toBe(current.version)
})
