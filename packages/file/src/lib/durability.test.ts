import nodeFs from 'node:fs'
import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { OPERATIONS, prepare, SUBJECT } from '../testing/operations.ts'
import { temporaryDirectory } from '../testing/support.ts'
import { watchedFs } from '../testing/watched-fs.ts'
import { fileStore } from './file-store.ts'
import type { FileSystem } from './file-system.ts'

/** What a power cut has to do with: `fsync` and what changes names. Each is written down as it begins. */
function recordingFs(): { fs: FileSystem; steps: string[] } {
  const steps: string[] = []
  const files = new Map<number, string>()
  const watched = watchedFs(async (call, given) => {
    if (call === 'fsync') steps.push(`fsync ${files.get(given[0] as number)}`)
    if (call === 'write') steps.push(`write ${files.get(given[0] as number)}`)
    const paths = given.filter((one) => typeof one === 'string')
    if (['rename', 'unlink', 'mkdir'].includes(call)) steps.push([call, ...paths.map(kindOf)].join(' '))
  })
  const open: FileSystem['open'] = (path, flags, mode, done) => {
    const isMade = (flags & nodeFs.constants.O_CREAT) !== 0
    if (isMade) steps.push(`make ${kindOf(path)}`)
    nodeFs.open(path, flags, mode, (error, file) => {
      if (!error) files.set(file, kindOf(path))
      done(error, file)
    })
  }
  return { fs: { ...watched, open }, steps }
}

/** A path by what it is: the parts of a name that say what it is of are all the same here. */
function kindOf(path: string): string {
  const name = basename(path)
  if (/^[ps]\.\d/.test(name)) return name.startsWith('p') ? 'payload' : 'state'
  if (/\.[0-9a-f]{16}$/.test(name)) return path.includes('/owners/') ? 'entry' : 'aside'
  if (name === SUBJECT) return 'session'
  if (name.length <= 3) return path.includes('/owners/') ? 'bucket' : 'shard'
  return name
}

async function stepsOf(name: string, durability: 'process-crash' | 'power-loss'): Promise<string[]> {
  const operation = OPERATIONS.find((one) => one.name === name)
  if (operation === undefined) throw new Error(`there is no ${name}`)
  const directory = temporaryDirectory()
  await prepare(directory, operation)
  const { fs, steps } = recordingFs()
  const store = fileStore({ directory, durability, fs })
  const answer = await operation.run(store)
  expect(answer).toEqual(operation.answer)
  // What is cleared away behind the caller may come later; what makes the write last may not.
  const answered = steps.length
  await store.close()
  expect(steps.slice(answered).filter((step) => !step.startsWith('unlink'))).toEqual([])
  return steps
}

const BUILT = ['make payload', 'write payload', 'fsync payload', 'make state']

const expected: readonly (readonly [string, readonly string[]])[] = [
  ['create', ['mkdir aside', ...BUILT, 'fsync aside', 'rename aside session', 'fsync shard']],
  [
    // The first of this owner: its part of the index is made as well.
    'create with an owner',
    [
      ...['mkdir aside', ...BUILT, 'make entry', 'mkdir bucket', 'fsync owners', 'make entry', 'fsync bucket'],
      ...['fsync aside', 'rename aside session', 'fsync shard'],
    ],
  ],
  [
    'update',
    ['make payload', 'write payload', 'fsync payload', 'rename state state', 'fsync session', 'unlink payload'],
  ],
  [
    'update that changes the owner',
    [
      ...['make payload', 'write payload', 'fsync payload', 'make entry', 'mkdir bucket', 'fsync owners', 'make entry'],
      ...['fsync bucket', 'rename state state', 'fsync session', 'unlink entry', 'unlink payload'],
    ],
  ],
  ['touch', ['rename state state', 'fsync session']],
  ['destroy with an owner', ['unlink state', 'fsync session', 'unlink entry', 'unlink payload']],
]

test.each(expected)(
  '%s: what the power must not take is on the disk before the next step, and before the answer',
  async (name, steps) => {
    expect(await stepsOf(name, 'power-loss')).toEqual(steps)
  },
)

test.each(expected)('%s: without durability, nothing waits for the disk', async (name, steps) => {
  const quick = steps.filter((step) => !step.startsWith('fsync'))
  expect(await stepsOf(name, 'process-crash')).toEqual(quick)
})

test('the first session in a shard: the shard is on the disk before the session', async () => {
  const { fs, steps } = recordingFs()
  const store = fileStore({ directory: temporaryDirectory(), durability: 'power-loss', fs })
  const session = OPERATIONS[0]?.after
  if (session) await store.create(session)
  expect(steps).toEqual([
    ...['mkdir aside', 'mkdir shard', 'fsync sessions', 'mkdir aside', ...BUILT],
    ...['fsync aside', 'rename aside session', 'fsync shard'],
  ])
  await store.close()
})

test('opening puts the new directories on the disk, and only with durability', async () => {
  for (const durability of ['process-crash', 'power-loss'] as const) {
    const directory = `${temporaryDirectory()}/new`
    let fsyncs = 0
    const fsyncSync = (file: number) => {
      fsyncs++
      nodeFs.fsyncSync(file)
    }
    await fileStore({ directory, durability, fs: { ...watchedFs(async () => {}), fsyncSync } }).close()
    expect(fsyncs).toBe(durability === 'power-loss' ? 3 : 0)
  }
})
