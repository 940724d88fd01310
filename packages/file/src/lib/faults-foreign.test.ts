import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { record, sessionId, sweepAll } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import { expectWhole } from '../testing/after-crash.ts'
import { OPERATIONS, prepare, READS, SUBJECT } from '../testing/operations.ts'
import { temporaryDirectory } from '../testing/support.ts'
import { fileStore } from './file-store.ts'
import { ownerHash } from './names.ts'

const shard = 'default/sessions/aa'
const session = `${shard}/${SUBJECT}`
const bucket = `default/owners/${ownerHash('alice').slice(0, 3)}`

const PLACES = [
  '.DS_Store',
  'default/.DS_Store',
  'default/sessions/.DS_Store',
  'default/sessions/zz',
  'default/owners/.DS_Store',
  `${shard}/.DS_Store`,
  `${shard}/${sessionId('9aa')}`,
  `${shard}/${sessionId('9aa')}.0123456789abcdef`,
  `${session}/.DS_Store`,
  `${session}/notes.txt`,
  `${bucket}/.DS_Store`,
  `${bucket}/a.b.c`,
]

function put(directory: string, place: string): void {
  mkdirSync(join(directory, place, '..'), { recursive: true })
  writeFileSync(join(directory, place), "somebody else's")
}

test.each(PLACES)("a file of somebody else at %s stays there, and is in no operation's way", async (place) => {
  // Where the session is about to be made, its directory is not empty: see below.
  const concerned = [...OPERATIONS, ...READS].filter(({ before }) => before || !place.startsWith(session))
  for (const operation of concerned) {
    const directory = temporaryDirectory()
    await prepare(directory, operation)
    put(directory, place)
    const store = fileStore({ directory })
    expect(await operation.run(store)).toEqual(operation.answer)
    await store.close()
    await expectWhole(directory, operation, operation.answer)
    expect(existsSync(join(directory, place))).toBe(true)
  }
})

test.each([
  ['a session', `${shard}/${SUBJECT}`],
  ['the directory that sessions lie in', shard],
])('a file where there should be %s is a failure, and not an answer', async (_, place) => {
  const directory = temporaryDirectory()
  const store = fileStore({ directory })
  put(directory, place)
  const failed = { code: 'ERR_STORE_FAILED', cause: { code: 'ENOTDIR' } }
  const given = record('1aa')
  await expect(store.load(given.id)).rejects.toMatchObject({ ...failed, operation: 'load' })
  await expect(store.create(given)).rejects.toMatchObject({ ...failed, operation: 'create' })
  await expect(store.update(given, given.version)).rejects.toMatchObject({ ...failed, operation: 'update' })
  await expect(store.touch(given, given)).rejects.toMatchObject({ ...failed, operation: 'touch' })
  await expect(store.destroy(given.id)).rejects.toMatchObject({ ...failed, operation: 'destroy' })
  expect(await store.create(record('3bb'))).toBe('created')
  expect(await sweepAll(store, 9_000)).toEqual({ removed: 1, examined: 1 })
  await store.close()
})

test("a file where there should be an owner's part of the index is a failure", async () => {
  const directory = temporaryDirectory()
  const store = fileStore({ directory })
  put(directory, bucket)
  const failed = { code: 'ERR_STORE_FAILED', cause: { code: 'ENOTDIR' } }
  await expect(store.create(record('1aa', { owner: 'alice' }))).rejects.toMatchObject(failed)
  await expect(store.list?.({ owner: 'alice', limit: 9 })).rejects.toMatchObject(failed)
  expect(await store.load(SUBJECT)).toBeUndefined()
  expect(await store.create(record('1aa'))).toBe('created')
  await store.close()
})

test('a directory that a removal could not remove, for a file in it, reads as no session', async () => {
  const directory = temporaryDirectory()
  const store = fileStore({ directory })
  await store.create(record('1aa'))
  put(directory, `${session}/.DS_Store`)
  expect(await store.destroy(SUBJECT)).toBe('destroyed')
  expect(await store.load(SUBJECT)).toBeUndefined()
  expect(await store.destroy(SUBJECT)).toBe('gone')
  expect(await store.update(record('1aa'), record('1aa').version)).toBe('gone')
  expect(await sweepAll(store, 9_000)).toEqual({ removed: 0, examined: 0 })
  // The one place that is not free: the session could not be told from what is in it.
  await expect(store.create(record('1aa'))).rejects.toMatchObject({ code: 'ERR_STORE_FAILED', operation: 'create' })
  expect(existsSync(join(directory, `${session}/.DS_Store`))).toBe(true)
  await store.close()
})
