import type { LoadedRef, SessionStore, StoredSession } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { everyOrder } from './every-order.ts'

export const ID = 'abcdefghijklmnopqrstuvwxyz'
export const PURGE_AT = 2_000
export const LATER = 20_000
/** Of those that run at once. */
export const NAMES = 'ABC'
const OWNERS = ['alice', ...NAMES]

/** What can happen to a session that was loaded before; `by` tells two of a kind apart. */
export type Operation = (store: SessionStore, by: string, loaded: LoadedRef) => Promise<unknown>

export const version = (of: string): string => of.padEnd(16, '_')

export function record(of: string, fields: Partial<StoredSession> = {}): StoredSession {
  return {
    id: ID,
    version: version(of),
    payload: of,
    owner: 'alice',
    expiresAt: 1_000,
    purgeAt: LATER,
    ...fields,
  }
}

export const stored = record('stored', { purgeAt: PURGE_AT })

export const basicOperations = {
  create: (store, by) => store.create(record(`create-${by}`, { owner: null })),
  'create for an owner': (store, by) => store.create(record(`create-${by}`)),
  load: (store) => store.load(ID),
  update: (store, by, loaded) => store.update(record(`update-${by}`), loaded.version),
  'update to another owner': (store, by, loaded) => store.update(record(`update-${by}`, { owner: by }), loaded.version),
  touch: (store, by, loaded) => {
    const expiresAt = 5_000 + 100 * by.charCodeAt(0)
    return store.touch(loaded, { expiresAt, purgeAt: expiresAt + 1_000 })
  },
  destroy: (store) => store.destroy(ID),
} satisfies Record<string, Operation>

/** Everything that can be seen of the session afterwards. */
export interface Outcome {
  readonly answers: readonly unknown[]
  readonly stored: unknown
  readonly listed: unknown
  readonly owned: readonly unknown[]
}

export async function outcomeOf(store: SessionStore, answers: readonly unknown[]): Promise<Outcome> {
  const [found, listed, ...owned] = await Promise.all([
    answerOf(store.load(ID)),
    answerOf(store.list?.({ limit: 1_000 })),
    ...OWNERS.map((owner) => answerOf(store.list?.({ owner, limit: 1_000 }))),
  ])
  return { answers, stored: found, listed, owned }
}

export async function answerOf(answer: Promise<unknown> | undefined): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    return `rejected: ${(error as Error).message}`
  }
}

/**
 * What the contract allows: the outcomes of the operations on the memory store, where every call is one step, in every
 * order of their calls. Most operations are one call.
 */
export async function allowedOutcomes(
  before: StoredSession | undefined,
  operations: readonly ((store: SessionStore) => Promise<unknown>)[],
): Promise<Outcome[]> {
  const allowed = new Map<string, Outcome>()
  await everyOrder(async (actor, finish) => {
    const store = memoryStore()
    if (before) await store.create(before)
    const answers = operations.map((operation) => answerOf(actor(store, operation)))
    await finish()
    const outcome = await outcomeOf(store, await Promise.all(answers))
    allowed.set(JSON.stringify(outcome), outcome)
  })
  return [...allowed.values()]
}
