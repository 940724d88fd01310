import { readFileSync, writeFileSync } from 'node:fs'
import { record, sessionId, version } from '@leeway/testing/records'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryPath } from '../testing/support.ts'
import { sqliteStore } from './sqlite-store.ts'

async function storeWith(due: number, live = 0) {
  const store = sqliteStore({ path: temporaryPath() })
  onTestFinished(() => store.close())
  const creating: Promise<string>[] = []
  for (let n = 0; n < due + live; n++) {
    creating.push(store.create(record(n, n < due ? { expiresAt: 1, purgeAt: 100 } : { expiresAt: 101, purgeAt: 101 })))
  }
  await Promise.all(creating)
  return store
}

test('a sweep removes what is due at the cutoff, and nothing else', async () => {
  const store = await storeWith(700, 300)
  expect(await store.sweep({ cutoff: 99, limit: 5_000, budgetMs: 10_000 })).toEqual({ removed: 0, examined: 0 })
  const result = await store.sweep({ cutoff: 100, limit: 5_000, budgetMs: 10_000 })
  expect(result).toEqual({ removed: 700, examined: 700, cursor: undefined })
  expect((await store.list?.({ limit: 2_000 }))?.sessions).toHaveLength(300)
})

test('a limit is kept exactly, and the cursor says that there is more', async () => {
  const store = await storeWith(250)
  const removed: number[] = []
  let cursor: string | undefined
  do {
    const result = await store.sweep({ cutoff: 100, limit: 120, budgetMs: 10_000, cursor })
    removed.push(result.removed)
    cursor = result.cursor
  } while (cursor !== undefined)
  expect(removed).toEqual([120, 120, 10])
})

test('a budget ends a sweep after a statement, with a cursor', async () => {
  const store = await storeWith(3_000)
  const result = await store.sweep({ cutoff: 100, limit: 5_000, budgetMs: 0.001 })
  expect(result.removed).toBeGreaterThan(0)
  expect(result.removed).toBeLessThan(3_000)
  expect(result.cursor).toBeDefined()
})

test('several sweeps at once remove each record once, and saves go on meanwhile', async () => {
  const store = await storeWith(2_000, 1)
  const live = sessionId(2_000)
  let sweeping = true
  const sweeps = Promise.all(
    Array.from({ length: 3 }, () => store.sweep({ cutoff: 100, limit: 5_000, budgetMs: 10_000 })),
  ).finally(() => {
    sweeping = false
  })
  let saves = 0
  for (; sweeping; saves++) {
    const session = record(2_000, { version: version(saves + 2), expiresAt: 101, purgeAt: 101 })
    expect(await store.update(session, version(saves + 1))).toBe('saved')
  }
  const removed = (await sweeps).map((result) => result.removed)
  expect(removed.reduce((sum, n) => sum + n)).toBe(2_000)
  expect(saves).toBeGreaterThan(3)
  expect(await store.load(live)).toMatchObject({ version: version(saves + 1) })
})

test('records that cannot be read are counted and passed by, from call to call', async () => {
  const path = temporaryPath()
  const filled = sqliteStore({ path })
  const mark = 'damaged'.repeat(2_000)
  for (let n = 0; n < 20; n++) {
    await filled.create(record(n, { payload: n === 0 || n === 7 ? mark : '', expiresAt: 1, purgeAt: 100 }))
  }
  await filled.close()
  const bytes = readFileSync(path)
  for (let page = 4096; page < bytes.length; page += 4096) {
    // An overflow page of a long payload: the number of the next one, then payload.
    if (mark.includes(bytes.toString('latin1', page + 4, page + 68))) bytes.fill(0xff, page, page + 4)
  }
  writeFileSync(path, bytes)
  const store = sqliteStore({ path })
  onTestFinished(() => store.close())
  const first = await store.sweep({ cutoff: 100, limit: 5, budgetMs: 10_000 })
  expect(first).toEqual({ removed: 5, examined: 6, cursor: '1' })
  const rest = await store.sweep({ cutoff: 100, limit: 50, budgetMs: 10_000, cursor: first.cursor })
  expect(rest).toEqual({ removed: 13, examined: 14, cursor: undefined })
  expect(await store.sweep({ cutoff: 100, limit: 50, budgetMs: 10_000 })).toMatchObject({ removed: 0, examined: 2 })
  await expect(store.load(sessionId(7))).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
  expect(await store.load(sessionId(8))).toBeUndefined()
})

test('a session whose purge a touch moved past the cutoff stays', async () => {
  const store = await storeWith(2)
  await store.touch({ ...record(0), version: version(1) }, { expiresAt: 100, purgeAt: 101 })
  expect(await store.sweep({ cutoff: 100, limit: 9, budgetMs: 1_000 })).toMatchObject({ removed: 1 })
  expect(await store.load(sessionId(0))).toBeDefined()
})
