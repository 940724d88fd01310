import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { SessionStore, StoredSession } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { fileStore } from '@leeway/file'
import { afterAll, expect, test } from 'vitest'
import { everyCall, immediateFs } from './every-call.ts'

const ID = 'abcdefghijklmnopqrstuvwxyz'
const PURGE_AT = 2_000
const CUTOFF = 3_000
const LATER = 20_000

const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const directory = mkdtempSync(join(memory, 'leeway-orders-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const version = (of: string) => of.padEnd(16, '_')
const record = (of: string, fields: Partial<StoredSession> = {}): StoredSession => ({
  id: ID,
  version: version(of),
  payload: of,
  owner: 'alice',
  expiresAt: 1_000,
  purgeAt: PURGE_AT,
  ...fields,
})
const stored = record('stored')

type Work = (store: SessionStore, by: string) => Promise<unknown>

/** What can happen to one session; `by` tells two of a kind apart. */
const operations: Record<string, Work> = {
  create: (store, by) => store.create(record(`create-${by}`, { purgeAt: LATER })),
  load: (store) => store.load(ID),
  update: (store, by) => store.update(record(`update-${by}`, { purgeAt: LATER }), stored.version),
  'update that changes the owner': (store, by) =>
    store.update(record(`rebind-${by}`, { owner: by, purgeAt: LATER }), stored.version),
  touch: (store, by) => {
    const expiresAt = 5_000 + 100 * by.charCodeAt(0)
    return store.touch(stored, { expiresAt, purgeAt: expiresAt + 1_000 })
  },
  destroy: (store) => store.destroy(ID),
  sweep: async (store) => (await store.sweep({ cutoff: CUTOFF, limit: 10, budgetMs: 60_000 })).removed,
}

/** What is there beforehand. A record that is stored is due, so that a sweep meets every write. */
const beginnings: Record<string, (store: SessionStore) => Promise<void>> = {
  nothing: async () => {},
  'a record': async (store) => void (await store.create(stored)),
  'the remains of a removal that crashed': async () => {
    const shard = join(directory, 'default', 'sessions', ID.slice(-2))
    mkdirSync(join(shard, ID), { recursive: true })
    writeFileSync(join(shard, ID, `p.7.${'0'.repeat(16)}.${version('old')}`), 'leeway')
    age(join(shard, ID))
  },
}

const names = Object.keys(operations)
const pairs = names.flatMap((first, n) => names.slice(n).map((second) => [first, second]))
/** Those of three in which each can undo what the other two do. */
const triples = [
  ['touch', 'destroy', 'sweep'],
  ['load', 'update', 'destroy'],
  ['update', 'touch', 'sweep'],
]

let calls = 0
const told = new Map<string, number>()
afterAll(() => {
  const orders = [...told.values()].reduce((sum, one) => sum + one, 0)
  console.log(`${[...told].map(([what, count]) => `${count} orders  ${what}`).join('\n')}`)
  console.log(`${orders} orders, of ${calls} calls in all`)
})

test.each(Object.keys(beginnings))(
  'every order of the calls of two operations is as if one had come first: %s',
  async (beginning) => {
    for (const pair of pairs) await everyOrder(beginning, pair)
  },
  600_000,
)

test('every order of the calls of three operations is as if they had come one after the other', async () => {
  for (const triple of triples) await everyOrder('a record', triple)
}, 600_000)

test('orders that the reduction leaves out have no other outcomes than those that it runs', async () => {
  for (const pair of [
    ['touch', 'destroy'],
    ['update', 'touch'],
    ['load', 'update'],
    ['touch', 'sweep'],
  ]) {
    const [all, some] = [await everyOrder('a record', pair, false), await everyOrder('a record', pair)]
    expect(some.outcomes).toEqual(all.outcomes)
    console.log(`${pair.join(' and ')}: ${all.orders} orders, ${some.orders} with the reduction`)
    expect(some.orders).toBeLessThan(all.orders)
  }
}, 600_000)

async function everyOrder(beginning: string, of: readonly string[], reduced = true) {
  const allowed = await Promise.all(permutations(of.map((_, n) => n)).map((turns) => inTurn(beginning, of, turns)))
  const outcomes = new Set<string>()
  const orders = await everyCall({ reduced }, async (actor, finish) => {
    const plain = fileStore({ directory, fs: immediateFs })
    await beginnings[beginning]?.(plain)
    const answers = of.map((operation, n) => {
      const by = 'ABC'.charAt(n)
      return run(fileStore({ directory, fs: actor(by) }), operation, by)
    })
    const made = await finish()
    if (made) {
      calls += made.length
      const actual = await outcomeOf(plain, await Promise.all(answers))
      outcomes.add(JSON.stringify(actual))
      if (!allowed.some((one) => isDeepStrictEqual(one, actual))) expect({ ...actual, made }).toEqual({ allowed })
      await expectNothingLeft(plain)
    }
    clear()
  })
  if (reduced) told.set(`${of.join(', ')} (before: ${beginning})`, orders)
  return { orders, outcomes: [...outcomes].sort() }
}

interface Outcome {
  readonly answers: readonly unknown[]
  readonly stored: unknown
  readonly listed: unknown
  readonly owned: unknown
}

function run(store: SessionStore, operation: string, by: string): Promise<unknown> {
  const work = operations[operation]
  if (!work) throw new Error(operation)
  return work(store, by)
}

/** What the memory store answers, where every operation is one step: what the contract allows. */
async function inTurn(beginning: string, of: readonly string[], turns: readonly number[]): Promise<Outcome> {
  const store = memoryStore()
  if (beginning === 'a record') await store.create(stored)
  const answers: unknown[] = []
  for (const n of turns) answers[n] = await run(store, of[n] ?? '', 'ABC'.charAt(n))
  return outcomeOf(store, answers)
}

function permutations(of: readonly number[]): number[][] {
  if (of.length === 0) return [[]]
  return of.flatMap((one) => permutations(of.filter((other) => other !== one)).map((rest) => [one, ...rest]))
}

async function outcomeOf(store: SessionStore, answers: readonly unknown[]): Promise<Outcome> {
  const owned: unknown[] = []
  for (const owner of ['alice', 'A', 'B', 'C']) owned.push(await store.list?.({ owner, limit: 10 }))
  return { answers, stored: await store.load(ID), listed: await store.list?.({ limit: 10 }), owned }
}

/** A sweep past every purge time, long after whatever was going on, leaves no file. */
async function expectNothingLeft(store: SessionStore): Promise<void> {
  for (const path of entries('sessions')) age(path)
  await store.sweep({ cutoff: LATER, limit: 10, budgetMs: 60_000 })
  const left = [...entries('sessions'), ...entries('owners')]
  expect(left.filter((path) => !/^..$/.test(basename(path)))).toEqual([])
}

function clear(): void {
  for (const part of ['sessions', 'owners'] as const) {
    for (const path of entries(part)) rmSync(path, { recursive: true, force: true })
  }
}

function entries(part: 'sessions' | 'owners'): string[] {
  const parent = join(directory, 'default', part)
  return readdirSync(parent, { recursive: true, encoding: 'utf8' }).map((name) => join(parent, name))
}

function age(path: string): void {
  const before = Date.now() / 1000 - 3_600
  utimesSync(path, before, before)
}
