import { existsSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SessionStore } from '@leeway/core/adapter'
import { record, sessionId, version } from '@leeway/testing/records'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryPath } from '../testing/support.ts'
import type { SqliteStoreOptions } from './options.ts'
import { sqliteStore } from './sqlite-store.ts'

function open(options: Partial<SqliteStoreOptions> = {}): SessionStore & Required<Pick<SessionStore, 'list'>> {
  const store = sqliteStore({ path: temporaryPath(), ...options })
  onTestFinished(() => store.close())
  return store as SessionStore & Required<Pick<SessionStore, 'list'>>
}

test('the capabilities are frozen and follow the durability', () => {
  const store = open({ durability: 'power-loss', maxPayloadBytes: 10 })
  expect(store.capabilities).toEqual({
    survives: 'power-loss',
    sharedBy: 'host',
    purge: 'sweep',
    list: true,
    failover: 'none',
    maxPayloadBytes: 10,
  })
  expect(Object.isFrozen(store.capabilities)).toBe(true)
  expect(open().capabilities.survives).toBe('process-crash')
})

test('create stores, refuses a taken id, and answers its own retry', async () => {
  const store = open()
  expect(await store.create(record('a', { payload: 'first' }))).toBe('created')
  expect(await store.create(record('a', { payload: 'retry' }))).toBe('created')
  expect(await store.create(record('a', { version: version(2), payload: 'other' }))).toBe('exists')
  expect(await store.load(sessionId('a'))).toEqual(record('a', { payload: 'first' }))
})

test('load gives the record whatever its age, a copy each time, and undefined where there is none', async () => {
  const store = open()
  await store.create(record('a', { owner: 'ada', expiresAt: -5, purgeAt: 0 }))
  const loaded = await store.load(sessionId('a'))
  expect(loaded).toEqual(record('a', { owner: 'ada', expiresAt: -5, purgeAt: 0 }))
  expect(await store.load(sessionId('a'))).not.toBe(loaded)
  expect(await store.load(sessionId('b'))).toBeUndefined()
})

test('update is a compare-and-set on the version, and answers its own retry', async () => {
  const store = open()
  await store.create(record('a'))
  const second = record('a', { version: version(2), payload: '2', owner: 'ada', expiresAt: 5_000, purgeAt: 9_000 })
  expect(await store.update(second, version(1))).toBe('saved')
  expect(await store.update({ ...second, payload: 'retry' }, version(1))).toBe('saved')
  expect(await store.update({ ...second, payload: 'retry' }, version(2))).toBe('saved')
  expect(await store.update(record('a', { version: version(3) }), version(1))).toBe('conflict')
  expect(await store.update(record('b', { version: version(3) }), version(1))).toBe('gone')
  expect(await store.load(sessionId('a'))).toEqual(second)
  expect(await store.load(sessionId('b'))).toBeUndefined()
})

test('update may shorten the expiry, and never moves the purge back', async () => {
  const store = open()
  await store.create(record('a', { expiresAt: 5_000, purgeAt: 9_000 }))
  await store.update(record('a', { version: version(2), expiresAt: 100, purgeAt: 200 }), version(1))
  expect(await store.load(sessionId('a'))).toMatchObject({ expiresAt: 100, purgeAt: 9_000 })
})

test('touch moves both instants forward only, for the loaded version only, and changes nothing else', async () => {
  const store = open()
  const stored = record('a', { owner: 'ada', payload: 'kept' })
  await store.create(stored)
  expect(await store.touch(stored, { expiresAt: 3_000, purgeAt: 4_000 })).toBe('touched')
  expect(await store.touch(stored, { expiresAt: 10, purgeAt: 20 })).toBe('touched')
  expect(await store.load(stored.id)).toEqual({ ...stored, expiresAt: 3_000, purgeAt: 4_000 })
  expect(await store.touch({ ...stored, version: version(2) }, { expiresAt: 9_000, purgeAt: 9_000 })).toBe('conflict')
  expect(await store.touch(record('b'), { expiresAt: 9_000, purgeAt: 9_000 })).toBe('gone')
  expect(await store.load(stored.id)).toEqual({ ...stored, expiresAt: 3_000, purgeAt: 4_000 })
})

test('after destroy nothing brings the session back', async () => {
  const store = open()
  await store.create(record('a'))
  expect(await store.destroy(sessionId('a'))).toBe('destroyed')
  expect(await store.destroy(sessionId('a'))).toBe('gone')
  expect(await store.update(record('a', { version: version(2) }), version(1))).toBe('gone')
  expect(await store.touch(record('a'), { expiresAt: 9_000, purgeAt: 9_000 })).toBe('gone')
  expect(await store.load(sessionId('a'))).toBeUndefined()
})

test('what the caller does to its objects after the call changes nothing', async () => {
  const store = open()
  const mine = { ...record('a') }
  const creating = store.create(mine)
  mine.payload = 'changed too late'
  await creating
  expect(await store.load(sessionId('a'))).toEqual(record('a'))
})

test.each([
  ['empty', ''],
  ['NUL', 'a\0b\0'],
  ['emoji and combining marks', '👩‍👩‍👧‍👦 e\u0301 \u{10FFFF} \uFEFF\uFFFF'],
  ['quotes and line ends', `'"\`\\\r\n\u2028`],
  ['1 MiB', 'x'.repeat(1_048_576)],
])('a payload comes back exactly as it was given: %s', async (_, payload) => {
  const store = open()
  await store.create(record('a', { payload, owner: payload.slice(0, 20) }))
  expect((await store.load(sessionId('a'))) as object).toEqual(record('a', { payload, owner: payload.slice(0, 20) }))
})

test('a lone surrogate and a payload above the limit are refused, before anything is stored', async () => {
  const store = open({ maxPayloadBytes: 6 })
  await expect(store.create(record('a', { payload: '\ud800' }))).rejects.toMatchObject({ code: 'ERR_INVALID_PAYLOAD' })
  await expect(store.create(record('a', { payload: '€€€' }))).rejects.toMatchObject({ code: 'ERR_PAYLOAD_TOO_LARGE' })
  await expect(store.load('../etc/passwd')).rejects.toMatchObject({ code: 'ERR_INVALID_ID' })
  expect(await store.load(sessionId('a'))).toBeUndefined()
  expect(await store.create(record('a', { payload: '€€' }))).toBe('created')
})

test('list pages through all records, or one owner’s, by id', async () => {
  const store = open()
  for (const name of ['d', 'b', 'a', 'c', 'e'])
    await store.create(record(name, { owner: 'bd'.includes(name) ? 'o' : null }))
  const names: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.list({ limit: 2, cursor })
    names.push(...page.sessions.map(({ id }) => id.slice(-1)))
    cursor = page.cursor
  } while (cursor !== undefined)
  expect(names.join('')).toBe('abcde')
  const { id, owner, expiresAt, purgeAt } = record('b', { owner: 'o' })
  const first = await store.list({ owner: 'o', limit: 1 })
  expect(first.sessions).toEqual([{ id, owner, expiresAt, purgeAt }])
  const rest = await store.list({ owner: 'o', limit: 1, cursor: first.cursor })
  expect(rest.sessions.map((session) => session.id)).toEqual([sessionId('d')])
  expect(rest.cursor).toBeUndefined()
  expect(await store.list({ owner: 'nobody', limit: 5 })).toEqual({ sessions: [], cursor: undefined })
})

test('namespaces in one file do not meet', async () => {
  const path = temporaryPath()
  const one = open({ path })
  const two = open({ path, namespace: 'shop_2-x' })
  await one.create(record('a'))
  expect(await two.load(sessionId('a'))).toBeUndefined()
  expect(await two.create(record('a', { payload: 'two' }))).toBe('created')
  expect(await two.sweep({ cutoff: 9_999, limit: 9, budgetMs: 1_000 })).toMatchObject({ removed: 1 })
  expect(await one.load(sessionId('a'))).toEqual(record('a'))
})

test('two handles on one file share their sessions, and of two saves one wins', async () => {
  const path = temporaryPath()
  const [one, two] = [open({ path }), open({ path })]
  await one.create(record('a'))
  const answers = await Promise.all([
    one.update(record('a', { version: version(2) }), version(1)),
    two.update(record('a', { version: version(3) }), version(1)),
  ])
  expect(answers.sort()).toEqual(['conflict', 'saved'])
})

test('close waits for the writes under way, refuses later calls, leaves one file, and may be repeated', async () => {
  const path = temporaryPath()
  const store = sqliteStore({ path })
  const writes = Array.from({ length: 1000 }, (_, n) => store.create(record(n)))
  await Promise.all([store.close(), store.close()])
  expect(new Set(await Promise.all(writes))).toEqual(new Set(['created']))
  const closed = { code: 'ERR_STORE_CLOSED' }
  await expect(store.load(sessionId(1))).rejects.toMatchObject(closed)
  await expect(store.create(record(1))).rejects.toMatchObject(closed)
  await expect(store.update(record(1), version(1))).rejects.toMatchObject(closed)
  await expect(store.touch(record(1), record(1))).rejects.toMatchObject(closed)
  await expect(store.destroy(sessionId(1))).rejects.toMatchObject(closed)
  await expect(store.sweep({ cutoff: 0, limit: 1, budgetMs: 1 })).rejects.toMatchObject(closed)
  await expect(store.list?.({ limit: 1 })).rejects.toMatchObject(closed)
  await store.close()
  expect(readdirSync(dirname(path))).toEqual(['sessions.db'])
  expect(existsSync(`${path}-wal`)).toBe(false)
  const again = open({ path })
  expect((await again.list({ limit: 2000 })).sessions).toHaveLength(1000)
})
