import { sessionId, version } from '@leeway/testing/records'
import { describe, expect, it, test } from 'vitest'
import { redisStore } from '../index.ts'
import { callsOn } from '../testing/calls-of.ts'
import { clientOf, failureOf, live, serverOf } from '../testing/support.ts'
import { encode, layout } from './value.ts'

test('a record is one string under one key, and an owner has one sorted set', async () => {
  const server = await serverOf()
  const store = redisStore({ client: clientOf(server) })
  const session = live('x', { owner: 'alice' })
  await store.create(session)
  const key = `leeway:default:${session.id}`
  expect((await server.command('KEYS', '*')) as string[]).toEqual(
    expect.arrayContaining([key, 'leeway:default:owner:alice']),
  )
  expect(await server.command('DBSIZE')).toBe(2)
  expect(await server.command('GET', key)).toBe(encode(session))
  expect(await server.command('ZRANGE', 'leeway:default:owner:alice', 0, -1)).toEqual([session.id])
})

test('a purge time never moves back, and an expiry does', async () => {
  const store = redisStore({ client: clientOf(await serverOf()) })
  const session = live('x')
  await store.create(session)
  const shorter = { ...session, version: version(2), expiresAt: -5, purgeAt: -1 }
  expect(await store.update(shorter, session.version)).toBe('saved')
  expect(await store.load(session.id)).toEqual({ ...shorter, purgeAt: session.purgeAt })
  expect(await store.touch(shorter, { expiresAt: -9, purgeAt: -9 })).toBe('touched')
  expect(await store.load(session.id)).toEqual({ ...shorter, purgeAt: session.purgeAt })
})

describe("what is under a session's name and is no record", () => {
  const session = live('x')
  const whole = encode(session)
  const over = (at: number, what: string) => whole.slice(0, at) + what + whole.slice(at + what.length)

  it.each([
    ['an empty text', ''],
    ['the text of another program', 'a note'],
    ['a long text of another program', '{"note":"'.padEnd(2_000, 'x')],
    ['a record of another format', over(0, '2')],
    ['a header that was cut off', whole.slice(0, layout.headerEnd)],
    ['a record with a damaged expiry', over(layout.expiresAt, '?')],
    ['a record with a damaged purge time', over(layout.purgeAt, '?')],
  ])('is refused and left as it was, and only a logout removes it: %s', async (_what, text) => {
    const server = await serverOf()
    const store = redisStore({ client: clientOf(server) })
    const key = `leeway:default:${session.id}`
    await server.command('SET', key, text, 'PX', 60_000)
    const { create, load, update, touch, destroy, list } = callsOn(store, session)
    for (const call of [create, load, update, touch]) {
      const { error } = await failureOf(Promise.resolve(call?.()))
      expect(error.code).toBe('ERR_STORE_FAILED')
      expect(error.message).toContain('cannot be read')
      expect(await server.command('GET', key)).toBe(text)
    }
    expect(await list?.()).toEqual({ sessions: [], cursor: undefined })
    expect(await destroy?.()).toBe('destroyed')
    expect(await load?.()).toBe(undefined)
    expect(await create?.()).toBe('created')
  })

  it('is refused when it is the record of another session', async () => {
    const server = await serverOf()
    const store = redisStore({ client: clientOf(server) })
    await server.command('SET', `leeway:default:${sessionId('y')}`, whole)
    const { error } = await failureOf(store.load(sessionId('y')))
    expect([error.code, error.operation, error.id]).toEqual(['ERR_STORE_FAILED', 'load', '000000…'])
    expect(error.message).toContain('another id')
  })
})
