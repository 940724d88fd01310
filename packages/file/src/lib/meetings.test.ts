import { readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { SessionStore } from '@leeway/core/adapter'
import { record, sessionId, sweepAll, version } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import { age } from '../testing/directories.ts'
import { temporaryDirectory } from '../testing/support.ts'
import { type FileCall, watchedFs } from '../testing/watched-fs.ts'
import { fileStore } from './file-store.ts'
import { Layout } from './layout.ts'
import { ownerHash } from './names.ts'

const ID = sessionId('1aa')
const durability = 'power-loss'
const owned = record('1aa', { owner: 'alice' })

/** A store that does something before the first of its calls that is chosen. */
function storeThat(
  directory: string,
  chosen: (call: FileCall, given: readonly unknown[]) => boolean,
  happening: () => unknown,
): SessionStore {
  let isOver = false
  const fs = watchedFs(async (call, given) => {
    if (isOver || !chosen(call, given)) return
    isOver = true
    await happening()
  })
  return fileStore({ directory, durability, fs })
}

const opens = (path: string) => (call: FileCall, given: readonly unknown[]) => call === 'open' && given[0] === path

test('a logout that failed to reach the disk reaches it when it is repeated, though nothing is there any more', async () => {
  const directory = temporaryDirectory()
  const session = new Layout(directory, 'default').session(ID)
  const store = storeThat(directory, opens(session), () => {
    throw Object.assign(new Error('made to fail'), { code: 'EIO' })
  })
  await store.create(owned)
  await expect(store.destroy(ID)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
  await store.close()
  const settled: string[] = []
  const fs = watchedFs(async (call, given) => {
    if (call === 'open') settled.push(basename(given[0] as string))
  })
  const again = fileStore({ directory, durability, fs })
  expect(await again.destroy(ID)).toBe('gone')
  expect(settled).toEqual([ID])
  await again.close()
})

test.each<[string, (store: SessionStore) => Promise<string>, string]>([
  ['save', (store) => store.update(record('1aa', { version: version(2) }), version(1)), 'saved'],
  ['touch', (store) => store.touch(owned, { expiresAt: 9_000, purgeAt: 9_000 }), 'touched'],
])('a %s that a logout follows before it has reached the disk is answered as what it was', async (_, write, answer) => {
  const directory = temporaryDirectory()
  const session = new Layout(directory, 'default').session(ID)
  const other = fileStore({ directory, durability })
  await other.create(owned)
  const store = storeThat(directory, opens(session), async () => {
    expect(await other.destroy(ID)).toBe('destroyed')
    await other.close()
  })
  expect(await write(store)).toBe(answer)
  expect(await store.load(ID)).toBeUndefined()
  await store.close()
})

test('a create that is answered late is not repeated, though its session has been revoked and swept away', async () => {
  const directory = temporaryDirectory()
  const shard = new Layout(directory, 'default').shardOf(ID)
  const other = fileStore({ directory, durability })
  const store = storeThat(directory, opens(shard), async () => {
    expect(await other.destroy(ID)).toBe('destroyed')
    await other.close()
    const sweeper = fileStore({ directory })
    for (let passes = 0; passes < 2; passes++) await sweepAll(sweeper, 0)
    expect(readdirSync(dirname(shard))).toEqual([])
  })
  expect(await store.create(owned)).toBe('created')
  expect(await store.load(ID)).toBeUndefined()
  await store.close()
})

test('a create that was so slow that a sweep has put it aside begins anew, and leaves nothing of the first time', async () => {
  const directory = temporaryDirectory()
  const { owners } = new Layout(directory, 'default')
  const isEntry = (call: FileCall, given: readonly unknown[]) =>
    call === 'open' && String(given[0]).startsWith(`${owners}/`)
  const store = storeThat(directory, isEntry, async () => {
    age(directory)
    const sweeper = fileStore({ directory })
    await sweepAll(sweeper, 0)
    await sweeper.close()
  })
  expect(await store.create(owned)).toBe('created')
  expect(await store.load(ID)).toEqual(owned)
  expect(readdirSync(owners).flatMap((bucket) => readdirSync(join(owners, bucket)))).toHaveLength(1)
  await store.close()
})

test('what cannot come to an end comes to an error', async () => {
  const directory = temporaryDirectory()
  const layout = new Layout(directory, 'default')
  const store = fileStore({ directory })
  await store.create(record('1aa'))
  // A place for entries that is not there, and cannot be made.
  const bucket = layout.bucket(ownerHash('alice'))
  symlinkSync(`${directory}/nowhere`, bucket)
  await expect(store.update({ ...owned, version: version(2) }, version(1))).rejects.toMatchObject({
    code: 'ERR_STORE_FAILED',
  })
  expect(await store.load(ID)).toEqual(record('1aa'))
  // A name that is listed as another than it is.
  writeFileSync(Buffer.concat([Buffer.from(`${layout.session(ID)}/s.`), Buffer.from([0xff])]), '')
  expect(await store.destroy(ID)).toBe('destroyed')
  await expect(store.destroy(ID)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
  await store.close()
})

test('sessions that nobody can look at do not keep the sweep from the others', async () => {
  const directory = temporaryDirectory()
  const making = fileStore({ directory })
  for (let n = 0; n < 130; n++) await making.create(record(n))
  let looked = 0
  const fs = watchedFs(async (call, given) => {
    if (call !== 'readdir' || basename(given[0] as string).length !== 26) return
    if (++looked > 20) throw Object.assign(new Error('made to fail'), { code: 'EACCES' })
  })
  const store = fileStore({ directory, fs })
  expect(await sweepAll(store, 2_000)).toEqual({ removed: 20, examined: 130 })
  await Promise.all([store.close(), making.close()])
})
