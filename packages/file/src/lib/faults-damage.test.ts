import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { SessionStore } from '@leeway/core/adapter'
import { listed, record, sweepAll } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import { tree } from '../testing/directories.ts'
import { expectFailure } from '../testing/failing-fs.ts'
import { NEIGHBOURS, OPERATIONS, type Operation, prepare, READS, SUBJECT } from '../testing/operations.ts'
import { temporaryDirectory } from '../testing/support.ts'
import { fileStore } from './file-store.ts'
import { Layout } from './layout.ts'

function pathIn(directory: string, id: string, first: 'p' | 's'): string {
  const session = new Layout(directory, 'default').session(id)
  return `${session}/${readdirSync(session).find((name) => name.startsWith(`${first}.`))}`
}

function edit(change: (bytes: Buffer) => Buffer) {
  return (path: string) => writeFileSync(path, change(readFileSync(path)))
}

function flip(at: number) {
  return edit((bytes) => {
    bytes[at] = (bytes[at] ?? 0) ^ 0x10
    return bytes
  })
}

type Damage = (payload: string, directory: string) => void

const unreadable: readonly (readonly [string, Damage])[] = [
  ['was cut short', (path) => truncateSync(path, readFileSync(path).length - 1)],
  ['was cut within its first line', (path) => truncateSync(path, 20)],
  ['is empty', (path) => truncateSync(path)],
  ['has grown', (path) => appendFileSync(path, 'x')],
  ['has a bit flipped in its first line', flip(9)],
  ['has a bit flipped in what it belongs to', flip(60)],
  ['has a bit flipped in its data', (path) => flip(readFileSync(path).length - 2)(path)],
  ['is of zeros', edit((bytes) => bytes.fill(0))],
  [
    'is the one of another session',
    (path, directory) => copyFileSync(pathIn(directory, NEIGHBOURS[1]?.id ?? '', 'p'), path),
  ],
  ['says that it is huge', edit((bytes) => Buffer.from(bytes.toString().replace(/ \d+\n/, ' 9000000000000000\n')))],
  [
    'is a link to itself elsewhere',
    (path, directory) => {
      renameSync(path, `${directory}/elsewhere`)
      symlinkSync(`${directory}/elsewhere`, path)
    },
  ],
]

const nameless: readonly (readonly [string, Damage])[] = [
  ['is missing', (path) => rmSync(path)],
  ['has a name that says nothing', (path) => renameSync(path, path.replace(/p\..*$/, 'p.1.what'))],
  [
    'has a state whose name says nothing',
    (path, directory) => renameSync(pathIn(directory, SUBJECT, 's'), path.replace(/p\.[^/]*$/, 's.1.what')),
  ],
  [
    'has a state whose numbers are too large',
    (path, directory) =>
      renameSync(pathIn(directory, SUBJECT, 's'), path.replace(/p\.[^/]*$/, 's.1.0123456789abcdef.1.9999999999999999')),
  ],
]

/** A store in which the subject, of alice, has been damaged. */
async function damagedStore(damage: Damage) {
  const directory = temporaryDirectory()
  await prepare(directory, named('load'))
  damage(pathIn(directory, SUBJECT, 'p'), directory)
  return { directory, store: fileStore({ directory }) }
}

function named(name: string): Operation {
  return [...OPERATIONS, ...READS].find((operation) => operation.name === name) as Operation
}

async function expectRefused(store: SessionStore, name: string): Promise<void> {
  const operation = named(name)
  const error = await operation.run(store).then(
    (answer) => expect.fail(`${name} answered ${JSON.stringify(answer)}`),
    (reason: unknown) => reason,
  )
  expectFailure(error, operation)
}

/** No other session is concerned, and the damaged one can be got rid of. */
async function expectContained(directory: string, store: SessionStore): Promise<void> {
  for (const session of NEIGHBOURS) expect(await store.load(session.id)).toEqual(session)
  expect(await store.create(record('7aa'))).toBe('created')
  expect(await store.destroy(SUBJECT)).toBe('destroyed')
  expect(await store.load(SUBJECT)).toBeUndefined()
  const again = record('1aa', { payload: 'again', owner: 'bob' })
  expect(await store.create(again)).toBe('created')
  expect(await store.load(SUBJECT)).toEqual(again)
  await sweepAll(store, 1_000_000)
  // Without its payload's name, nothing leads to its entry in the index of owners: that one stays, and is passed by.
  expect(tree(directory).filter((path) => path.includes(`sessions/aa/${SUBJECT}`))).toEqual([])
  expect(await listed(store, 'alice')).toEqual([])
  await store.close()
}

test.each(unreadable)("a payload that %s is refused, and is in nobody else's way", async (_, damage) => {
  const { directory, store } = await damagedStore(damage)
  await expectRefused(store, 'load')
  // By its names it is whole, and so it is due: a sweep opens no file.
  expect(await store.sweep({ cutoff: 1_999, limit: 9, budgetMs: 60_000 })).toMatchObject({ removed: 0, examined: 0 })
  await expectRefused(store, 'load')
  await expectContained(directory, store)
})

test.each(unreadable)('whoever had loaded the session can still replace a payload that %s', async (_, damage) => {
  const { store } = await damagedStore(damage)
  const update = named('update with the same owner')
  expect(await update.run(store)).toBe('saved')
  expect(await store.load(SUBJECT)).toEqual(update.after)
  await store.close()
})

test.each(nameless)('a session whose payload or state %s is refused by whatever needs it', async (_, damage) => {
  const { directory, store } = await damagedStore(damage)
  for (const name of ['load', 'update', 'update that changes the owner', 'touch']) await expectRefused(store, name)
  await expect(store.create(record('1aa', { owner: 'alice' }))).rejects.toMatchObject({ operation: 'create' })
  await expectContained(directory, store)
})

test.each(nameless.slice(1))(
  'a session whose payload or state %s is passed by, and counted, by the sweep',
  async (_, damage) => {
    const { store } = await damagedStore(damage)
    expect(await store.sweep({ cutoff: 2_000, limit: 9, budgetMs: 60_000 })).toEqual({
      removed: 0,
      examined: 1,
      cursor: undefined,
    })
    expect(await store.sweep({ cutoff: 9_000, limit: 9, budgetMs: 60_000 })).toMatchObject({ removed: 2, examined: 3 })
    await expectRefused(store, 'load')
    await store.close()
  },
)

test.each([...unreadable, ['is missing', (path: string) => rmSync(path)] as const])(
  'a sweep removes what is due though its payload %s',
  async (_, damage) => {
    const { store } = await damagedStore(damage)
    expect(await store.sweep({ cutoff: 2_000, limit: 9, budgetMs: 60_000 })).toMatchObject({ removed: 1, examined: 1 })
    expect(await store.load(SUBJECT)).toBeUndefined()
    await store.close()
  },
)

test.each(unreadable)(
  'the list of its owner tells of a session whose payload %s, the list of all passes it by',
  async (_, damage) => {
    const { store } = await damagedStore(damage)
    const owned = named("list of an owner's")
    expect(await owned.run(store)).toEqual(owned.answer)
    expect((await listed(store)).map(({ id }) => id)).toEqual(NEIGHBOURS.map(({ id }) => id))
    await store.close()
  },
)

test.each(nameless)('a list passes by a session of which a payload or state %s', async (_, damage) => {
  const { store } = await damagedStore(damage)
  expect((await listed(store, 'alice')).map(({ id }) => id)).toEqual([NEIGHBOURS[0]?.id])
  expect((await listed(store)).map(({ id }) => id)).toEqual(NEIGHBOURS.map(({ id }) => id))
  await store.close()
})

test('a session of which only a payload without a meaning is left is removed as a damaged one', async () => {
  const { store, directory } = await damagedStore((payload) => {
    const session = dirname(payload)
    rmSync(session, { recursive: true })
    mkdirSync(session)
    writeFileSync(join(session, 'p.7'), '')
  })
  await expectRefused(store, 'load')
  expect(await store.destroy(SUBJECT)).toBe('destroyed')
  expect(await store.load(SUBJECT)).toBeUndefined()
  // What is left of it is removed behind the caller, for which close waits.
  await store.close()
  expect(existsSync(new Layout(directory, 'default').session(SUBJECT))).toBe(false)
})

test('a length that is not true takes no memory', async () => {
  const damage = unreadable.find(([name]) => name === 'says that it is huge')?.[1] as Damage
  const { store } = await damagedStore(damage)
  const before = process.memoryUsage().rss
  await expectRefused(store, 'load')
  expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000)
  await store.close()
})
