import type { ListedSession, ListPage, ListQuery, SessionStore } from '@leeway/core/adapter'
import { answerOf, expectEqual, expectThat } from '../engine/expect.ts'
import { ConformanceFailure } from '../engine/failure.ts'

const MOST_PAGES = 1_000

/** The store's `list`, which it has declared. */
export function listOf(store: SessionStore): (query: ListQuery) => Promise<ListPage> {
  if (typeof store.list !== 'function') {
    throw new ConformanceFailure('the store declares a list and has none', { expected: 'function', actual: store.list })
  }
  return store.list.bind(store)
}

/** Pages through to the end, calling `between` with the ids of each page. */
export async function listAll(
  store: SessionStore,
  query: Partial<ListQuery> = {},
  { between }: { between?: (page: ReadonlySet<string>) => Promise<void> } = {},
): Promise<ListedSession[]> {
  const { limit = 100 } = query
  const list = listOf(store)
  const listed: ListedSession[] = []
  let cursor: string | undefined
  for (let pages = 1; ; pages++) {
    const page = await answerOf(list({ ...query, limit, cursor }), 'list')
    expectThat(page.sessions.length <= limit, `a page of list holds more than ${limit} records`, page.sessions.length)
    expectThat(pages < MOST_PAGES, 'list handed out a cursor again and again: it never comes to an end')
    listed.push(...page.sessions)
    cursor = page.cursor
    if (cursor === undefined) return listed
    await between?.(idsOf(page.sessions))
  }
}

/** The listed records are these; repeats are allowed. */
export function expectListed(
  listed: readonly ListedSession[],
  expected: readonly ListedSession[],
  message: string,
): void {
  expectEqual(listedAs(listed), listedAs(expected), message)
}

/** What `list` tells of the records, without repeats, in the order of their ids. */
function listedAs(sessions: readonly ListedSession[]): ListedSession[] {
  const byId = new Map(sessions.map(({ id, owner, expiresAt, purgeAt }) => [id, { id, owner, expiresAt, purgeAt }]))
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

export function idsOf(sessions: readonly ListedSession[]): ReadonlySet<string> {
  return new Set(sessions.map(({ id }) => id))
}
