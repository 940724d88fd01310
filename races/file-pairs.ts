import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { SessionStore } from '@leeway/core'
import type { fileStore } from '@leeway/file'
import { afterAll } from 'vitest'
import { everyFileCall, immediateFs } from './file-calls.ts'
import {
  allowedOutcomes,
  answerOf,
  basicOperations,
  ID,
  LATER,
  NAMES,
  type Operation,
  outcomeOf,
  PURGE_AT,
  stored,
  version,
} from './one-session.ts'

const CUTOFF = 3_000

const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const directory = mkdtempSync(join(memory, 'leeway-orders-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** What can happen to one session. */
export const operations = {
  ...basicOperations,
  sweep: async (store) => (await store.sweep({ cutoff: CUTOFF, limit: 10, budgetMs: 60_000 })).removed,
  'sweep before the purge time': async (store) =>
    (await store.sweep({ cutoff: PURGE_AT - 1, limit: 10, budgetMs: 60_000 })).removed,
} satisfies Record<string, Operation>

export type OperationName = keyof typeof operations

/** What is there beforehand. A record that is stored is due, so that a sweep meets every write. */
export const beginnings = {
  nothing: async () => {},
  'a record': async (store) => void (await store.create(stored)),
  'a record that each has loaded': async (store) => void (await store.create(stored)),
  'the remains of a removal': async (store) => {
    // The owner's directory in the index is there as well.
    await store.create(stored)
    await store.destroy(ID)
    const shard = join(directory, 'default', 'sessions', ID.slice(-2))
    mkdirSync(join(shard, ID), { recursive: true })
    writeFileSync(join(shard, ID, `p.7.${'0'.repeat(16)}.${version('old')}`), 'leeway')
    age(join(shard, ID))
  },
} satisfies Record<string, (store: SessionStore) => Promise<void>>

export type BeginningName = keyof typeof beginnings

interface Orders {
  readonly orders: number
  readonly calls: number
  /** All that happened, once each. */
  readonly outcomes: readonly string[]
}

/**
 * Runs the operations at once, each on a store of its own, in every order of their calls of the file system. Whatever the
 * order, answers and record have to be those of some sequence of the operations, as the memory store gives them, where
 * each is one step; and a later sweep has to leave no file.
 *
 * @throws where they are not, with the calls
 */
export async function everyOrderOf(
  open: typeof fileStore,
  beginning: BeginningName,
  of: readonly OperationName[],
  { reduced = true }: { readonly reduced?: boolean } = {},
): Promise<Orders> {
  const before = beginning.startsWith('a record') ? stored : undefined
  const allowed = await allowedOutcomes(
    before,
    of.map((name, n) => (store) => operations[name](store, NAMES.charAt(n), stored)),
  )
  const outcomes = new Set<string>()
  let calls = 0
  const orders = await everyFileCall({ reduced }, async (actor, inTurn) => {
    clear()
    const plain = open({ directory, fs: immediateFs })
    await beginnings[beginning](plain)
    const stores = of.map((_, n) => open({ directory, fs: actor(NAMES.charAt(n)) }))
    if (beginning === 'a record that each has loaded') await Promise.all(stores.map((store) => store.load(ID)))
    let answers: Promise<unknown>[] = []
    const made = await inTurn(() => {
      answers = of.map((name, n) => answerOf(operations[name](stores[n] ?? plain, NAMES.charAt(n), stored)))
    })
    if (!made) return
    calls += made.length
    const actual = await outcomeOf(plain, await Promise.all(answers))
    outcomes.add(JSON.stringify(actual))
    if (!allowed.some((one) => isDeepStrictEqual(one, actual))) {
      throw new Error(
        `${of.join(', ')} (before: ${beginning}): ${JSON.stringify(actual)} is none of ${JSON.stringify(allowed)} after\n${made.join('\n')}`,
      )
    }
    const left = await leftOnceSwept(plain)
    if (left.length > 0) throw new Error(`left for ever: ${left.join(', ')} after\n${made.join('\n')}`)
  })
  return { orders, calls, outcomes: [...outcomes].sort() }
}

/** What is still there after a sweep past every purge time, long after whatever was going on. */
async function leftOnceSwept(store: SessionStore): Promise<string[]> {
  for (const path of entries('sessions')) age(path)
  await store.sweep({ cutoff: LATER, limit: 10, budgetMs: 60_000 })
  return [...entries('sessions'), ...entries('owners')].filter((path) => !/^...?$/.test(basename(path)))
}

function clear(): void {
  for (const part of ['sessions', 'owners'] as const) {
    for (const path of entries(part)) rmSync(path, { recursive: true, force: true })
  }
}

function entries(part: 'sessions' | 'owners'): string[] {
  const parent = join(directory, 'default', part)
  if (!existsSync(parent)) return []
  return readdirSync(parent, { recursive: true, encoding: 'utf8' }).map((name) => join(parent, name))
}

function age(path: string): void {
  const before = Date.now() / 1000 - 3_600
  utimesSync(path, before, before)
}
