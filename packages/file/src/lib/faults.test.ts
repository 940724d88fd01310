import nodeFs, { cpSync, type PathLike } from 'node:fs'
import { join } from 'node:path'
import { record, sessionId } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import { expectSound, expectWhole } from '../testing/after-crash.ts'
import { age, tree } from '../testing/directories.ts'
import { expectFailure, FailingFs } from '../testing/failing-fs.ts'
import { OPERATIONS, type Operation, prepare, READS } from '../testing/operations.ts'
import { temporaryDirectory } from '../testing/support.ts'
import type { FileCall } from '../testing/watched-fs.ts'
import { fileStore } from './file-store.ts'

const ALL = [...OPERATIONS, ...READS]

/** Runs it on a copy of what was prepared. */
async function runFailing(
  prepared: string,
  operation: Operation,
  failing: FailingFs,
  durability: 'process-crash' | 'power-loss' = 'power-loss',
) {
  const directory = join(temporaryDirectory(), 'store')
  cpSync(prepared, directory, { recursive: true })
  age(directory)
  const store = fileStore({ directory, durability, fs: failing.fs })
  let error: unknown
  const answer = await operation.run(store).catch((reason: unknown) => {
    error = reason
  })
  await store.close()
  if (error !== undefined) expectFailure(error, operation)
  return { directory, answer, error }
}

test.each(ALL)('$name: a call that fails, whichever it is, loses nothing and leaves nothing', async (operation) => {
  const prepared = temporaryDirectory()
  await prepare(prepared, operation)
  let [k, refused] = [1, 0]
  for (; ; k++) {
    const failing = new FailingFs('EIO', (call) => call === k)
    const { directory, answer, error } = await runFailing(prepared, operation, failing)
    await expectSound(directory, operation, answer)
    if (error) refused++
    if (failing.calls.length < k) break
  }
  console.log(`${operation.name}: each of ${k - 1} calls failed once; ${refused} of them refused the operation`)
  expect(refused).toBeGreaterThan(0)
})

test.each(ALL)('$name: it does not matter what a call fails with', async (operation) => {
  const prepared = temporaryDirectory()
  await prepare(prepared, operation)
  for (const code of ['ENOSPC', 'EMFILE', 'EACCES']) {
    for (let k = 1, calls = 1; k <= calls; k++) {
      const failing = new FailingFs(code, (call) => call === k)
      const { directory, answer } = await runFailing(prepared, operation, failing, 'process-crash')
      await expectWhole(directory, operation, answer)
      calls = failing.calls.length
    }
  }
})

const KINDS: readonly FileCall[] = [
  ...(['open', 'read', 'write', 'fsync', 'readdir'] as const),
  ...(['stat', 'access', 'mkdir', 'unlink', 'rmdir'] as const),
]

test.each(KINDS)('while every %s fails, nothing is lost, and nothing is left once that has passed', async (kind) => {
  for (const operation of ALL) {
    const prepared = temporaryDirectory()
    await prepare(prepared, operation)
    const { directory, answer } = await runFailing(
      prepared,
      operation,
      new FailingFs('EIO', (_, call) => call === kind),
    )
    await expectSound(directory, operation, answer)
  }
})

test('that there is no session is no answer while it cannot be made sure of', async () => {
  const absent = record('1aa', { owner: 'alice' })
  const failing = new FailingFs('EIO', (_, call) => call === 'access')
  const store = fileStore({ directory: temporaryDirectory(), fs: failing.fs })
  const failed = { code: 'ERR_STORE_FAILED', cause: { code: 'EIO' } }
  await expect(store.load(absent.id)).rejects.toMatchObject({ ...failed, operation: 'load' })
  await expect(store.update(absent, absent.version)).rejects.toMatchObject({ ...failed, operation: 'update' })
  await expect(store.touch(absent, absent)).rejects.toMatchObject({ ...failed, operation: 'touch' })
  await expect(store.destroy(absent.id)).rejects.toMatchObject({ ...failed, operation: 'destroy' })
  await expect(store.list?.({ owner: 'alice', limit: 9 })).rejects.toMatchObject({ ...failed, operation: 'list' })
  await store.close()
})

const renaming = ALL.filter(({ name }) => /^(create|update|touch)/.test(name))

test.each(['EPERM', 'EACCES', 'EBUSY'])(
  '%s from a rename is waited out, as other programs on Windows hold files',
  async (code) => {
    for (const operation of renaming) {
      for (const times of [1, 4]) {
        const prepared = temporaryDirectory()
        await prepare(prepared, operation)
        let failed = 0
        const failing = new FailingFs(code, (_, call) => call === 'rename' && failed++ < times)
        const { directory, answer } = await runFailing(prepared, operation, failing)
        expect(answer).toEqual(operation.answer)
        await expectWhole(directory, operation, answer)
      }
    }
  },
)

test.each(renaming)('$name: a rename that is never allowed is given up before long', async (operation) => {
  const prepared = temporaryDirectory()
  await prepare(prepared, operation)
  const failing = new FailingFs('EPERM', (_, call) => call === 'rename')
  const started = performance.now()
  const { directory, error } = await runFailing(prepared, operation, failing)
  console.log(`${operation.name}: refused after ${Math.round(performance.now() - started)} ms`)
  expect(error).toMatchObject({ cause: { code: 'EPERM' } })
  expect(failing.calls.filter((call) => call === 'rename')).toHaveLength(9)
  await expectSound(directory, operation, undefined)
})

test('a refused create leaves nothing behind', async () => {
  const directory = temporaryDirectory()
  const store = fileStore({ directory, fs: new FailingFs('EIO', (_, call) => call === 'rename').fs })
  await expect(store.create(record('1aa', { owner: 'alice' }))).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
  await store.close()
  const shardsAndBuckets = /^default\/(sessions|owners)\/...?$/
  expect(tree(directory).filter((path) => !shardsAndBuckets.test(path))).toEqual([
    'default',
    'default/leeway-1',
    'default/owners',
    'default/sessions',
  ])
})

test('a sweep passes by what it cannot remove, and gives up on a disk where that is everything', async () => {
  const directory = temporaryDirectory()
  const making = fileStore({ directory })
  for (let n = 0; n < 99; n++) await making.create(record(n))
  const store = fileStore({ directory, fs: new FailingFs('EIO', (_, call) => call === 'unlink').fs })
  const options = { cutoff: 2_000, limit: 1_000, budgetMs: 60_000 }
  expect(await store.sweep(options)).toEqual({ removed: 0, examined: 99, cursor: undefined })
  await making.create(record('more'))
  await expect(store.sweep(options)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED', operation: 'sweep' })
  expect(await making.sweep(options)).toEqual({ removed: 100, examined: 100, cursor: undefined })
  await Promise.all([store.close(), making.close()])
})

test('a file system that reads and writes a little at a time', async () => {
  const fs = {
    ...nodeFs,
    open: (
      path: PathLike,
      flags: number,
      mode: number,
      done: (error: NodeJS.ErrnoException | null, file: number) => void,
    ) => nodeFs.open(path, flags, mode, done),
    readdir: (path: string, done: (error: NodeJS.ErrnoException | null, names: string[]) => void) =>
      nodeFs.readdir(path, done),
    read: little(nodeFs.read),
    write: little(nodeFs.write),
  }
  const store = fileStore({ directory: temporaryDirectory(), fs })
  const session = record('1aa', { payload: 'ä€😀'.repeat(5_000) })
  expect(await store.create(session)).toBe('created')
  expect(await store.load(sessionId('1aa'))).toEqual(session)
  await store.close()
})

type Transfer = (
  file: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: number,
  done: (error: NodeJS.ErrnoException | null, bytes: number) => void,
) => void

function little(transfer: Transfer): Transfer {
  return (file, buffer, offset, length, position, done) =>
    transfer(file, buffer, offset, Math.min(length, 97), position, done)
}
