import { isDeepStrictEqual } from 'node:util'
import type { ListedSession, SessionId, SessionStore, StoredSession } from '@leeway/core/adapter'
import { answerOf, expectEqual, fieldsOf } from '../../engine/expect.ts'
import { expectListed, listAll } from '../listing.ts'
import { type Operation, perform, predict } from '../operations.ts'

/** What can be under way when a process dies. */
export type Interrupted = Operation | { readonly kind: 'list'; readonly owner: string }

/** What is stored, and which ids are known to have nothing under them. */
export type Records = ReadonlyMap<SessionId, StoredSession | undefined>

export function recordsOf(...sessions: readonly StoredSession[]): Records {
  return new Map(sessions.map((session) => [session.id, session]))
}

export async function performAny(store: SessionStore, operation: Interrupted): Promise<string> {
  if (operation.kind !== 'list') return perform(store, operation)
  return namesOf(await listAll(store, { owner: operation.owner }))
}

/** What the contract says: the answer, and everything that is stored afterwards. */
export function predictAll(records: Records, operation: Interrupted): [string, Records] {
  if (operation.kind === 'list') {
    return [namesOf([...stored(records)].filter(({ owner }) => owner === operation.owner)), records]
  }
  if (operation.kind === 'sweep') {
    const after = new Map([...records].map(([id, record]) => [id, record && predict(record, operation)[1]]))
    return [`removed ${stored(records).length - stored(after).length}`, after]
  }
  const id = idOf(operation)
  const [answer, record] = predict(records.get(id), operation)
  return [answer, new Map([...records, [id, record]])]
}

export function idOf(operation: Exclude<Operation, { kind: 'sweep' }>): SessionId {
  if ('session' in operation) return operation.session.id
  return 'loaded' in operation ? operation.loaded.id : operation.id
}

/** The handle finds these records and nothing else, by their ids, listed, and listed by owner. */
export async function expectRecords(store: SessionStore, records: Records): Promise<void> {
  const expected = [...records].map(([, record]) => record && fieldsOf(record))
  expectEqual(await loadAll(store, [...records.keys()]), expected, 'the records are not those that are to be there')
  await expectLists(store, records)
}

/**
 * Every record is either as it was before or as it is after; gives what is there. What a dead process had sent to a server
 * may arrive between the load and the lists: only where the records stay as they were loaded do the lists have to agree.
 */
export async function expectEither(store: SessionStore, before: Records, after: Records): Promise<Records> {
  const ids = [...after.keys()]
  for (let loaded = await loadAll(store, ids); ; ) {
    for (const [n, id] of ids.entries()) {
      const allowed = [after.get(id), before.get(id)].map((record) => record && fieldsOf(record))
      if (allowed.some((record) => isDeepStrictEqual(loaded[n], record))) continue
      expectEqual(loaded[n], allowed[0], 'a record is neither as it was acknowledged nor as it was being written')
    }
    const found = new Map(ids.map((id, n) => [id, loaded[n]]))
    try {
      await expectLists(store, found)
      return found
    } catch (error) {
      const again = await loadAll(store, ids)
      if (isDeepStrictEqual(again, loaded)) throw error
      loaded = again
    }
  }
}

async function loadAll(store: SessionStore, ids: readonly SessionId[]): Promise<(StoredSession | undefined)[]> {
  const loading = ids.map((id) => answerOf(store.load(id), 'load of a record that was being written, or its neighbour'))
  return (await Promise.all(loading)).map((record) => record && fieldsOf(record))
}

async function expectLists(store: SessionStore, records: Records): Promise<void> {
  if (!store.capabilities.list) return
  const present = stored(records)
  expectListed(await listAll(store), present, 'list does not give what is stored')
  for (const owner of new Set(present.map(({ owner }) => owner))) {
    if (owner === null) continue
    const owned = present.filter((record) => record.owner === owner)
    expectListed(await listAll(store, { owner }), owned, 'list by owner does not give what is stored')
  }
}

export function stored(records: Records): StoredSession[] {
  return [...records.values()].filter((record) => record !== undefined)
}

function namesOf(sessions: readonly ListedSession[]): string {
  return [...new Set(sessions.map(({ id }) => id))].sort().join(' ')
}
