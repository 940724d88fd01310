import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { StoredSession } from '@leeway/core/adapter'
import { listed, record, sweepAll, version } from '@leeway/testing/records'
import { expect } from 'vitest'
import { fileStore } from '../lib/file-store.ts'
import { Layout } from '../lib/layout.ts'
import { parsePayload, parseState } from '../lib/names.ts'
import { age, tree } from './directories.ts'
import { NEIGHBOURS, type Operation, OWNERS, SUBJECT } from './operations.ts'
import { temporaryDirectory } from './support.ts'

const PAST_EVERYBODY = 1_000_000
const BEFORE_EVERYBODY = 0

/** Everything that has to hold of a directory on which a process has died in the middle of an operation. */
export async function expectSound(directory: string, operation: Operation, acknowledged: unknown): Promise<void> {
  const stored = await expectWhole(directory, operation, acknowledged)
  // Copies, so that each of these starts from what the crash has left.
  await expectNothingLeftOnceSwept(copyOf(directory))
  if (stored) await expectNoStraysOnceTouched(copyOf(directory), stored)
  await expectUsable(directory, stored)
}

function copyOf(directory: string): string {
  const copy = join(temporaryDirectory(), 'copy')
  cpSync(directory, copy, { recursive: true })
  return copy
}

/** The record is the acknowledged one or, without an answer, the old or the new one; whoever lists finds the same. */
export async function expectWhole(
  directory: string,
  { before, after, answer }: Operation,
  acknowledged: unknown,
): Promise<StoredSession | undefined> {
  const store = fileStore({ directory })
  const stored = await store.load(SUBJECT)
  if (acknowledged !== undefined) expect(acknowledged).toEqual(answer)
  expect(acknowledged === undefined ? [before, after] : [after]).toContainEqual(stored)
  for (const session of NEIGHBOURS) expect(await store.load(session.id)).toEqual(session)
  const all = [...(stored ? [stored] : []), ...NEIGHBOURS].map(({ version, payload, ...rest }) => rest)
  expect(await listed(store)).toEqual(all)
  for (const owner of OWNERS) expect(await listed(store, owner)).toEqual(all.filter((one) => one.owner === owner))
  await store.close()
  return stored
}

/** The next operations need no repair and find what was there, and a sweep finds nothing else. */
export async function expectUsable(directory: string, stored: StoredSession | undefined): Promise<void> {
  const store = fileStore({ directory })
  const [lifetime, next] = [
    { expiresAt: 9_000, purgeAt: 10_000 },
    record('1aa', { version: version(9), owner: 'carol' }),
  ]
  if (stored) expect(await store.update(next, stored.version)).toBe('saved')
  else expect(await store.create(next)).toBe('created')
  expect(await store.touch(next, lifetime)).toBe('touched')
  expect(await store.load(SUBJECT)).toEqual({ ...next, ...lifetime })
  expect((await listed(store, 'carol')).map(({ id }) => id)).toEqual([SUBJECT])
  expect(await store.destroy(SUBJECT)).toBe('destroyed')
  expect(await store.load(SUBJECT)).toBeUndefined()
  expect(await store.create(next)).toBe('created')
  expect(await store.load(SUBJECT)).toEqual(next)
  await store.close()
  await expectNothingLeftOnceSwept(directory)
}

/** Once nobody can be at work any more on what is left, one sweep clears it away. */
async function expectNothingLeftOnceSwept(directory: string): Promise<void> {
  age(directory)
  const store = fileStore({ directory })
  await sweepAll(store, PAST_EVERYBODY)
  const isShardOrBucket = /^default\/(sessions\/[a-z0-9]{2}|owners\/[0-9a-f]{3})$/
  const left = tree(directory).filter((path) => !isShardOrBucket.test(path))
  expect(left).toEqual(['default', 'default/leeway-1', 'default/owners', 'default/sessions'])
  await sweepAll(store, PAST_EVERYBODY)
  expect(readdirSync(join(directory, 'default/sessions'))).toEqual([])
  await store.close()
}

/** What a crash has left beside a session that lives on goes too, its entries in the owner index included. */
async function expectNoStraysOnceTouched(directory: string, stored: StoredSession): Promise<void> {
  const store = fileStore({ directory })
  expect(await store.touch(stored, { expiresAt: 7_000, purgeAt: 8_000 })).toBe('touched')
  age(directory)
  expect(await sweepAll(store, BEFORE_EVERYBODY)).toEqual({ removed: 0, examined: 0 })
  await store.close()
  expectOnly(directory, [stored, ...NEIGHBOURS])
}

/** That the directory holds these sessions, and not a file besides. */
export function expectOnly(directory: string, sessions: readonly StoredSession[]): void {
  const layout = new Layout(directory, 'default')
  const expected = [layout.mark]
  for (const { id, owner } of sessions) {
    const names = readdirSync(layout.session(id))
    const states = names.filter((name) => parseState(name) !== undefined)
    const payloads = names.flatMap((name) => parsePayload(name) ?? [])
    expect([names.length, states.length, payloads.length]).toEqual([2, 1, 1])
    const binding = payloads[0]?.binding
    expect(binding !== undefined).toBe(owner !== null)
    expected.push(...names.map((name) => `${layout.session(id)}/${name}`))
    if (binding) expected.push(layout.entry(id, binding))
  }
  expect(filesIn(directory)).toEqual(expected.sort())
}

function filesIn(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  const isUnfinished = /\/[a-z0-9]{26}\.[^/]*$/
  // A directory of something unfinished counts as well, empty or not.
  const counts = entries.filter((entry) => entry.isFile() || isUnfinished.test(`/${entry.name}`))
  return counts.map((entry) => `${entry.parentPath}/${entry.name}`).sort()
}
