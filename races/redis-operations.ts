import type { SessionStore, StoredSession } from '@leeway/core'
import type { Redis } from 'ioredis'
import { basicOperations, ID, type Operation, record, stored } from './one-session.ts'

const OWNER = 'alice'
/** More than one page of a list. */
const LIMIT = 1_000

/** What can happen to one session in Redis. */
export const operations = {
  ...basicOperations,
  'update that shortens': (store, by, { version }) =>
    store.update(record(`update-${by}`, { expiresAt: 500, purgeAt: 1_500 }), version),
  'update to another owner that shortens': (store, by, { version }) =>
    store.update(record(`update-${by}`, { owner: by, expiresAt: 500, purgeAt: 1_500 }), version),
  'update to no owner': (store, by, { version }) => store.update(record(`update-${by}`, { owner: null }), version),
  'update, and again': async (store, by, loaded) => [
    await basicOperations.update(store, by, loaded),
    await basicOperations.update(store, by, loaded),
  ],
  'list by owner': async (store) => store.list?.({ owner: OWNER, limit: LIMIT }),
  'list of all': async (store) => store.list?.({ limit: LIMIT }),
  /** As core's `revokeAll` does it: what still is the owner's when its turn comes is destroyed. */
  revoke: async (store) => {
    let revoked = 0
    const page = await store.list?.({ owner: OWNER, limit: LIMIT })
    for (const { id } of page?.sessions ?? []) {
      const found = await store.load(id)
      if (found?.owner === OWNER && (await store.destroy(id)) === 'destroyed') revoked++
    }
    return revoked
  },
} satisfies Record<string, Operation>

export type OperationName = keyof typeof operations

interface Beginning {
  /** What was loaded by those that save or touch. */
  readonly loaded: StoredSession
  readonly isStored: boolean
  /** What is done to the owner's index besides. */
  readonly age?: (client: Redis, index: string) => Promise<unknown>
}

const PAST = ['1', '2', '3'].flatMap((score) => [score, score.padStart(26, '0')])
const MANY_PAST = Array.from({ length: 700 }, (_, n) => [String(n), String(n).padStart(26, '0')]).flat()

/** What is there beforehand. Past entries are those of sessions that have gone. */
const beginnings = {
  nothing: { loaded: stored, isStored: false },
  'a record': { loaded: { ...stored, owner: null }, isStored: true },
  'an owned record': { loaded: stored, isStored: true },
  'past entries': { loaded: stored, isStored: false, age: (client, index) => client.zadd(index, ...PAST) },
  'an owned record and past entries': {
    loaded: stored,
    isStored: true,
    age: (client, index) => client.zadd(index, ...PAST),
  },
  'an owned record with a past entry': {
    loaded: stored,
    isStored: true,
    age: (client, index) => client.zadd(index, ...PAST, '4', ID),
  },
  'an owned record and many past entries': {
    loaded: stored,
    isStored: true,
    age: (client, index) => client.zadd(index, ...MANY_PAST),
  },
} satisfies Record<string, Beginning>

export type BeginningName = keyof typeof beginnings

export function beginningOf(name: BeginningName): Beginning {
  return beginnings[name]
}

export function operate(name: OperationName, store: SessionStore, by: string, beginning: BeginningName) {
  return operations[name](store, by, beginnings[beginning].loaded)
}
