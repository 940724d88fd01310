import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { tree } from '../testing/directories.ts'
import { expectFailure } from '../testing/failing-fs.ts'
import { NEIGHBOURS, OPERATIONS, type Operation, prepare, READS, SUBJECT } from '../testing/operations.ts'
import { temporaryDirectory } from '../testing/support.ts'
import { fileStore } from './file-store.ts'
import { Layout } from './layout.ts'

const ALL = [...OPERATIONS, ...READS]

/** Takes a part of the directory away from under an open store, and runs the operation. */
async function runWithout(operation: Operation, part: (layout: Layout) => string) {
  const directory = temporaryDirectory()
  await prepare(directory, operation)
  const store = fileStore({ directory })
  rmSync(part(new Layout(directory, 'default')), { recursive: true })
  const outcome = await operation.run(store).then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  )
  await store.close()
  return { directory, outcome }
}

test.each(ALL)('$name: a directory that was removed is a failure, and is not made again', async (operation) => {
  const { directory, outcome } = await runWithout(operation, ({ mark }) => dirname(mark))
  expect(outcome).toHaveProperty('error')
  expectFailure(Object.values(outcome)[0], operation)
  expect(tree(directory)).toEqual([])
})

test.each(ALL)('$name: that the sessions were removed is a failure, and not an answer', async (operation) => {
  const { outcome } = await runWithout(operation, ({ sessions }) => sessions)
  expect(outcome).toHaveProperty('error')
  expectFailure(Object.values(outcome)[0], operation)
})

/** They make an entry in the index of owners, or read it. */
const indexed = ALL.filter((operation) => {
  const [owner, next] = [operation.before?.owner ?? null, operation.after?.owner ?? null]
  return operation.name === "list of an owner's" || (operation.after && next !== null && next !== owner)
})

test.each(indexed)('$name: that the index of owners was removed is a failure', async (operation) => {
  const { directory, outcome } = await runWithout(operation, ({ owners }) => owners)
  expect(outcome).toHaveProperty('error')
  expectFailure(Object.values(outcome)[0], operation)
  const store = fileStore({ directory })
  expect(await store.load(SUBJECT)).toEqual(operation.before)
  for (const session of NEIGHBOURS) expect(await store.load(session.id)).toEqual(session)
  await store.close()
})

test.each(ALL.filter((operation) => !indexed.includes(operation)))(
  '$name: it does not need the index of owners',
  async (operation) => {
    const { directory, outcome } = await runWithout(operation, ({ owners }) => owners)
    expect(outcome).toEqual({ answer: operation.answer })
    const store = fileStore({ directory })
    expect(await store.load(SUBJECT)).toEqual(operation.after)
    for (const session of NEIGHBOURS) expect(await store.load(session.id)).toEqual(session)
    await store.close()
  },
)

const present = ALL.filter(({ name, before }) => before && !/^(list|sweep that)/.test(name))
const parts = [
  ["the session's own directory", (layout: Layout) => layout.session(SUBJECT)],
  ["the directory that the session's lies in", (layout: Layout) => layout.shardOf(SUBJECT)],
] as const

test.each(parts)('without %s there is no such session, and the next can be made', async (_, part) => {
  for (const operation of present) {
    const { directory, outcome } = await runWithout(operation, part)
    const isQuiet = ['load', 'sweep'].includes(operation.name.split(' ')[0] ?? '')
    expect(outcome).toEqual({ answer: isQuiet ? undefined : 'gone' })
    const store = fileStore({ directory })
    expect(await store.load(SUBJECT)).toBeUndefined()
    if (operation.before) expect(await store.create(operation.before)).toBe('created')
    expect(await store.load(SUBJECT)).toEqual(operation.before)
    await store.close()
  }
})
