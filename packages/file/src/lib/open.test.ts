import nodeFs, {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { record, sessionId } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import { tree } from '../testing/directories.ts'
import { runProcess, temporaryDirectory } from '../testing/support.ts'
import { watchedFs } from '../testing/watched-fs.ts'
import { fileStore } from './file-store.ts'

const NEW = ['default', 'default/leeway-1', 'default/owners', 'default/sessions']

function failing(message: string) {
  return expect.objectContaining({
    code: 'ERR_STORE_FAILED',
    operation: 'open',
    message: expect.stringContaining(message),
  })
}

test('opening makes the directory, with its mark and the two parts, and nothing else', async () => {
  const directory = join(temporaryDirectory(), 'new')
  await fileStore({ directory }).close()
  expect(tree(directory)).toEqual(NEW)
  expect(statSync(join(directory, 'default/leeway-1')).size).toBe(0)
})

test('a missing parent is named, and not made', () => {
  const directory = join(temporaryDirectory(), 'missing', 'sessions')
  expect(() => fileStore({ directory })).toThrow(failing('ENOENT'))
  expect(() => fileStore({ directory })).toThrow(failing(directory))
  expect(existsSync(dirname(directory))).toBe(false)
})

test('a file in the path, or in the place of a directory, is a failure', () => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'file'), "somebody else's")
  expect(() => fileStore({ directory: join(directory, 'file') })).toThrow(failing('ENOTDIR'))
  expect(() => fileStore({ directory: join(directory, 'file', 'sessions') })).toThrow(failing('ENOTDIR'))
  expect(() => fileStore({ directory, namespace: 'file' })).toThrow(failing('ENOTDIR'))
  expect(tree(directory)).toEqual(['file'])
})

test.each(['sessions', 'owners'])('a file in the place of %s is refused at opening', async (part) => {
  const directory = temporaryDirectory()
  await fileStore({ directory }).close()
  const path = join(directory, 'default', part)
  nodeFs.rmdirSync(path)
  writeFileSync(path, '')
  expect(() => fileStore({ directory })).toThrow(failing('ENOTDIR'))
})

test('a directory of another version is refused, unharmed', async () => {
  const directory = temporaryDirectory()
  await fileStore({ directory }).close()
  renameSync(join(directory, 'default/leeway-1'), join(directory, 'default/leeway-2'))
  expect(() => fileStore({ directory })).toThrow(failing('another version of leeway (leeway-2)'))
  expect(tree(directory)).toEqual(NEW.map((path) => path.replace('leeway-1', 'leeway-2')).sort())
})

test.each(['.DS_Store', 'index.html', 'sessions', 'ab'])(
  "a directory with %s in it that is not leeway's is refused, unharmed",
  (name) => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, 'default', name), { recursive: true })
    expect(() => fileStore({ directory })).toThrow(failing('other files'))
    expect(tree(directory)).toEqual(['default', `default/${name}`])
    expect(tree(directory)).toHaveLength(2)
  },
)

test('a directory may hold other things beside the namespaces, and each namespace is for itself', async () => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, '.DS_Store'), '')
  mkdirSync(join(directory, 'uploads'))
  const [one, other] = [fileStore({ directory, namespace: 'one' }), fileStore({ directory, namespace: 'other' })]
  expect(await one.create(record('1aa', { owner: 'alice' }))).toBe('created')
  expect(await other.load(sessionId('1aa'))).toBeUndefined()
  expect((await other.list?.({ owner: 'alice', limit: 9 }))?.sessions).toEqual([])
  expect(await other.sweep({ cutoff: 9_000, limit: 9, budgetMs: 60_000 })).toMatchObject({ removed: 0, examined: 0 })
  expect(await one.load(sessionId('1aa'))).toBeDefined()
  await Promise.all([one.close(), other.close()])
  expect(readdirSync(directory).sort()).toEqual(['.DS_Store', 'one', 'other', 'uploads'])
})

test('a link leads to the directory, as an administrator may put it on another disk', async () => {
  const parent = temporaryDirectory()
  mkdirSync(join(parent, 'disk'))
  symlinkSync(join(parent, 'disk'), join(parent, 'link'))
  const store = fileStore({ directory: join(parent, 'link') })
  expect(await store.create(record('1aa'))).toBe('created')
  await store.close()
  expect(existsSync(join(parent, 'disk/default/sessions/aa', sessionId('1aa')))).toBe(true)
})

const SYNC = ['mkdirSync', 'readdirSync', 'openSync', 'fsyncSync', 'closeSync'] as const

/** The calls of an opening; those from the k-th on fail, without an effect. */
function openingFs(k: number) {
  let calls = 0
  const watched: Record<string, unknown> = { ...watchedFs(async () => {}) }
  for (const name of SYNC) {
    const method = nodeFs[name] as (...given: unknown[]) => unknown
    watched[name] = (...given: unknown[]) => {
      if (++calls < k) return method(...given)
      if (name === 'closeSync') method(...given)
      throw Object.assign(new Error('EIO: made to fail'), { code: 'EIO' })
    }
  }
  return { fs: watched as unknown as typeof nodeFs, made: () => calls }
}

test.each(['process-crash', 'power-loss'] as const)(
  '%s: a crash at any call of an opening does not keep the next from it',
  async (durability) => {
    for (let k = 1; ; k++) {
      const directory = join(temporaryDirectory(), 'new')
      const { fs, made } = openingFs(k)
      try {
        await fileStore({ directory, durability, fs }).close()
        expect(made()).toBeLessThan(k)
      } catch (error) {
        expect(error).toEqual(failing('EIO'))
      }
      const store = fileStore({ directory })
      expect(await store.create(record('1aa'))).toBe('created')
      await store.close()
      if (made() >= k) continue
      console.log(`${durability}: an opening crashed at each of ${k - 1} calls`)
      return
    }
  },
)

test('six processes that open a new directory at once all get their store', async () => {
  const directory = join(temporaryDirectory(), 'new')
  const processes = Array.from({ length: 6 }, (_, n) => runProcess('opener.ts', [directory, sessionId(n)]))
  await Promise.all(processes.map((running) => running.printed(1)))
  for (const running of processes) running.go()
  await Promise.all(processes.map((running) => running.ended()))
  expect(processes.map(({ lines }) => lines[1])).toEqual(Array(6).fill('created'))
  const store = fileStore({ directory })
  expect((await store.list?.({ limit: 10 }))?.sessions).toHaveLength(6)
  expect((await store.list?.({ owner: 'alice', limit: 10 }))?.sessions).toHaveLength(6)
  await store.close()
})

const root = process.getuid?.() === 0
const nobody = 65534

/** Root may write everywhere, so there the process that opens the store becomes somebody else first. */
async function openUnprivileged(directory: string, name: string): Promise<string | undefined> {
  const running = runProcess('opener.ts', [directory, sessionId(name), ...(root ? [String(nobody)] : [])])
  running.go()
  await running.ended()
  return running.lines[1]
}

test('a directory that may not be written is refused at opening', async () => {
  const directory = temporaryDirectory()
  if (root) chownSync(directory, nobody, nobody)
  chmodSync(directory, 0o500)
  expect(await openUnprivileged(directory, '1aa')).toMatch(/^ERR_STORE_FAILED open .*EACCES.*default/)
  chmodSync(directory, 0o700)
  expect(await openUnprivileged(directory, '1aa')).toBe('created')
  chmodSync(join(directory, 'default'), 0o000)
  expect(await openUnprivileged(directory, '2aa')).toMatch(/^ERR_STORE_FAILED open .*EACCES.*default/)
  chmodSync(join(directory, 'default'), 0o700)
})

test.each(['sessions', 'owners'])('%s that may not be written is refused at opening', async (part) => {
  const directory = temporaryDirectory()
  if (root) chownSync(directory, nobody, nobody)
  expect(await openUnprivileged(directory, '1aa')).toBe('created')
  chmodSync(join(directory, 'default', part), 0o500)
  expect(await openUnprivileged(directory, '2bb')).toMatch(/^ERR_STORE_FAILED open .*EACCES/)
  chmodSync(join(directory, 'default', part), 0o700)
  expect(await openUnprivileged(directory, '3cc')).toBe('created')
})
