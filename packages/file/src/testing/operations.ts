import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import { listed, record, sessionId, version } from '@leeway/testing/records'
import { fileStore } from '../lib/file-store.ts'
import { Layout } from '../lib/layout.ts'
import { ownerHash, payloadName, stateName, unfinishedName } from '../lib/names.ts'
import { encodePayload } from '../lib/payload-file.ts'
import { age } from './directories.ts'

/** The session that an operation is about. */
export const SUBJECT = sessionId('1aa')
/** Nobody has touched these: one lies beside the subject and belongs to the same owner, the other somewhere else. */
export const NEIGHBOURS: readonly StoredSession[] = [
  record('2aa', { owner: 'alice', payload: 'neighbour', purgeAt: 9_000 }),
  record('3bb', { payload: 'stranger', purgeAt: 9_000 }),
]
export const OWNERS: readonly string[] = ['alice', 'bob', 'carol']

/** One operation on a store that holds a session or none, and the neighbours. */
export interface Operation {
  readonly name: string
  readonly before: StoredSession | undefined
  readonly after: StoredSession | undefined
  /** What it resolves with; undefined where that acknowledges nothing. */
  readonly answer: unknown
  readonly run: (store: SessionStore) => Promise<unknown>
  /** Puts there what crashes have left. */
  readonly leave?: ((layout: Layout) => void) | undefined
}

const old = record('1aa', { payload: 'old '.repeat(9) })
const owned = { ...old, owner: 'alice' }
const next = { ...old, version: version(2), payload: 'new '.repeat(30), expiresAt: 3_000, purgeAt: 4_000 }
const lifetime = { expiresAt: 5_000, purgeAt: 6_000 }
const staying = { ...owned, purgeAt: 9_000 }

function create(name: string, session: StoredSession, leave?: Operation['leave']): Operation {
  return { name, before: undefined, after: session, answer: 'created', run: (store) => store.create(session), leave }
}

function update(name: string, before: StoredSession, owner: string | null): Operation {
  const after = { ...next, owner }
  return { name, before, after, answer: 'saved', run: (store) => store.update(after, before.version) }
}

function destroy(name: string, before: StoredSession): Operation {
  return { name, before, after: undefined, answer: 'destroyed', run: (store) => store.destroy(SUBJECT) }
}

function sweep(name: string, before: StoredSession, leave?: Operation['leave']): Operation {
  const isDue = before.purgeAt <= 2_000
  // What it cannot remove it passes by, so a sweep that has removed nothing has acknowledged nothing.
  const run = async (store: SessionStore) =>
    (await store.sweep({ cutoff: 2_000, limit: 100, budgetMs: 60_000 })).removed || undefined
  return { name, before, after: isDue ? undefined : before, answer: isDue ? 1 : undefined, run, leave }
}

export const OPERATIONS: readonly Operation[] = [
  create('create', old),
  create('create with an owner', { ...old, owner: 'bob' }),
  create('create where a removal has left something', owned, (layout) => leaveRemains(layout, SUBJECT)),
  update('update', old, null),
  update('update with the same owner', owned, 'alice'),
  update('update that sets the owner', old, 'bob'),
  update('update that changes the owner', owned, 'bob'),
  update('update that drops the owner', owned, null),
  {
    name: 'touch',
    before: owned,
    after: { ...owned, ...lifetime },
    answer: 'touched',
    run: (store) => store.touch(owned, lifetime),
  },
  destroy('destroy', old),
  destroy('destroy with an owner', owned),
  sweep('sweep of a due session', old),
  sweep('sweep of a due session with an owner', owned),
  sweep('sweep that clears strays', staying, (layout) => {
    leaveRemains(layout, sessionId('4aa'))
    leaveUnfinished(layout, sessionId('5aa'), '')
    leaveUnfinished(layout, sessionId('6cc'), '.gone')
    leavePayload(layout, layout.session(SUBJECT), SUBJECT, 'bob')
  }),
]

const present = [owned, ...NEIGHBOURS].map(({ version, payload, ...rest }) => rest)

/** What only looks: an answer is the right one, whatever happens. */
export const READS: readonly Operation[] = [
  { name: 'load', before: owned, after: owned, answer: owned, run: (store) => store.load(SUBJECT) },
  { name: 'list of all', before: owned, after: owned, answer: present, run: (store) => listed(store) },
  {
    name: "list of an owner's",
    before: owned,
    after: owned,
    answer: present.filter(({ owner }) => owner === 'alice'),
    run: (store) => listed(store, 'alice'),
  },
]

/** Makes the directory of a store as it is before the operation. */
export async function prepare(directory: string, { before, leave }: Operation): Promise<void> {
  const store = fileStore({ directory })
  for (const session of [...NEIGHBOURS, ...(before ? [before] : [])]) await store.create(session)
  await store.close()
  leave?.(new Layout(directory, 'default'))
  age(directory)
}

/** A payload that does not count, and its entry for an owner. */
function leavePayload(layout: Layout, directory: string, id: string, owner: string): string {
  const nonce = 'abcdef0123456789'
  const binding = { owner: ownerHash(owner), nonce }
  mkdirSync(layout.bucket(binding.owner), { recursive: true })
  mkdirSync(directory, { recursive: true })
  writeFileSync(layout.entry(id, binding), '')
  const name = payloadName({ seq: 1, nonce, version: version(7), binding })
  writeFileSync(`${directory}/${name}`, encodePayload({ id, version: version(7), owner, payload: 'never counted' }))
  return nonce
}

/** As a destroy leaves it that has removed the state and died. */
function leaveRemains(layout: Layout, id: string): void {
  leavePayload(layout, layout.session(id), id, 'carol')
}

/** As a create leaves it that was about to rename, or a sweep that has put it aside. */
function leaveUnfinished(layout: Layout, id: string, suffix: string): void {
  const directory = `${dirname(layout.session(id))}/${unfinishedName(id, 'abcdef0123456789')}${suffix}`
  const nonce = leavePayload(layout, directory, id, 'carol')
  writeFileSync(`${directory}/${stateName({ seq: 1, nonce, expiresAt: 1_000, purgeAt: 2_000 })}`, '')
}
