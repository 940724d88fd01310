import type { ListedSession, ListPage, ListQuery, SessionStore } from '@leeway/core/adapter'
import { type Backend, type Mutant, mutant } from './mutant.ts'

/** Faults of list and of namespaces. */
export const listMutants: readonly Mutant[] = [
  mutant('list never ends', 'LIST-001', 'the cursor after an empty page', (store) =>
    listing(store, async (query, list) => ({ cursor: 'more', ...dropUndefined(await list(query)) })),
  ),
  mutant('list forgets the purge time', 'LIST-002', 'list of all records', (store) =>
    listing(store, async (query, list) => {
      const { sessions, cursor } = await list(query)
      return { sessions: sessions.map((session) => ({ ...session, purgeAt: session.expiresAt })), cursor }
    }),
  ),
  mutant('list gives payloads away', 'LIST-003', 'list gave more than it should', (store, { records, key }) =>
    listing(store, async (query, list) => {
      const { sessions, cursor } = await list(query)
      return { sessions: sessions.map((session) => ({ ...session, ...records.get(key(session.id)) })), cursor }
    }),
  ),
  mutant('list ignores the owner', 'LIST-004', 'list of the records of user-1', (store) =>
    listing(store, ({ limit, cursor }, list) => list({ limit, cursor })),
  ),
  mutant('list by owner ignores case', 'LIST-005', 'list of the records of owner "user"', (store, backend) =>
    matching(store, backend, (owner, asked) => owner.toLowerCase() === asked.toLowerCase()),
  ),
  mutant('list by owner takes wildcards', 'LIST-005', 'list of the records of owner "u%"', (store, backend) =>
    matching(store, backend, (owner, asked) =>
      new RegExp(`^${asked.replaceAll('*', '\\*').replaceAll('%', '.*')}$`).test(owner),
    ),
  ),
  mutant('list takes the empty owner for none', 'LIST-005', 'list of the records of owner ""', (store) =>
    listing(store, ({ owner, ...query }, list) => list(owner ? { ...query, owner } : query)),
  ),
  mutant('list misses the record at the edge of a page', 'LIST-010', 'list of 12 records', (store) =>
    listing(store, async (query, list) => {
      const page = await list({ ...query, limit: query.limit + 1 })
      const next = page.sessions[query.limit]
      return { sessions: page.sessions.slice(0, query.limit), cursor: next && page.sessions.at(-1)?.id }
    }),
  ),
  mutant('list pages are one too long', 'LIST-010', 'a page of list holds more than', (store) =>
    listing(store, (query, list) => list({ ...query, limit: query.limit + 1 })),
  ),
  mutant('list filters after it has cut the page', 'LIST-011', 'list of 6 records of one owner', (store) =>
    listing(store, async ({ owner, ...query }, list) => {
      const { sessions, cursor } = await list(query)
      const theirs = sessions.filter((session) => owner === undefined || session.owner === owner)
      return { sessions: theirs, cursor: theirs.length > 0 ? cursor : undefined }
    }),
  ),
  mutant('list pages by what is left', 'LIST-012', 'while others were created', (store, backend) =>
    paging(store, backend, (sessions) => sessions, { isFromEnd: true }),
  ),
  mutant('list pages by offset', 'LIST-013', 'while others were destroyed', (store, backend) =>
    paging(store, backend, (sessions) => sessions),
  ),
  mutant('list pages in the order of the expiry', 'LIST-014', 'while others were updated', (store, backend) =>
    paging(store, backend, (sessions) => sessions.toSorted((a, b) => a.expiresAt - b.expiresAt)),
  ),
  mutant('list by owner knows only the first owner', 'LIST-006', 'after the owner became', (store, { records }) => {
    const first = new Map<string, string | null>()
    return listing(
      {
        ...store,
        async create(session) {
          first.set(session.id, session.owner)
          return store.create(session)
        },
      },
      async ({ owner, ...query }, list) => {
        const { sessions, cursor } = await list({ ...query, limit: records.size + 1 })
        return { sessions: sessions.filter(({ id }) => owner === undefined || first.get(id) === owner), cursor }
      },
    )
  }),
  mutant('list shows instants from creation', 'LIST-007', 'list after a destroy and a touch', (store) => {
    const created = new Map<string, number>()
    return listing(
      {
        ...store,
        async create(session) {
          created.set(session.id, session.expiresAt)
          return store.create(session)
        },
      },
      async (query, list) => {
        const { sessions, cursor } = await list(query)
        return {
          sessions: sessions.map((one) => ({ ...one, expiresAt: created.get(one.id) ?? one.expiresAt })),
          cursor,
        }
      },
    )
  }),
  mutant('list hides what has expired', 'LIST-008', 'list of a record that has expired', (store, { clock }) =>
    listing(store, async (query, list) => {
      const { sessions, cursor } = await list(query)
      return { sessions: sessions.filter(({ expiresAt }) => expiresAt > clock.now()), cursor }
    }),
  ),
  mutant('list takes a limit of 0 for all', 'LIST-009', 'list with limit 0', (store) =>
    listing(store, (query, list) => list({ ...query, limit: query.limit || 1_000 })),
  ),
  mutant('list repeats the last record of each page', 'LIST-015', 'how many records list gave', (store) =>
    listing(store, async (query, list) => {
      const { sessions, cursor } = await list(query)
      return { sessions, cursor: cursor && sessions.length > 1 ? sessions.at(-2)?.id : cursor }
    }),
  ),
  mutant('namespaces are ignored', 'SPACE-001', 'create in namespace', (store, { records }) => {
    const shared = (id: string) => `:${id}`
    return {
      ...store,
      async create(session) {
        if (records.has(shared(session.id))) return 'exists'
        records.set(shared(session.id), { ...session })
        return store.create(session)
      },
    }
  }),
  mutant('load falls back to any namespace', 'SPACE-002', 'load found a record of another', (store, { records }) => ({
    ...store,
    async load(id) {
      const found = [...records].find(([key]) => key.endsWith(`:${id}`))
      return (await store.load(id)) ?? found?.[1]
    },
  })),
  mutant('sweep takes a namespace for a prefix', 'SPACE-003', 'a sweep of', (store, { records, namespace }) => ({
    ...store,
    async sweep({ cutoff }) {
      const due = [...records].filter(([key, { purgeAt }]) => key.startsWith(namespace) && purgeAt <= cutoff)
      for (const [key] of due) records.delete(key)
      return { removed: due.length, examined: due.length }
    },
  })),
  mutant('list takes a namespace for a prefix', 'SPACE-004', 'list in namespace ap', (store, { records, namespace }) =>
    listing(store, async ({ owner }) => {
      const own = [...records].filter(([key]) => key.startsWith(namespace)).map(([, session]) => listed(session))
      return { sessions: own.filter((session) => owner === undefined || session.owner === owner).slice(0, 1) }
    }),
  ),
  mutant('list takes _ in a namespace for a wildcard', 'SPACE-004', 'list in namespace app_1', (store, backend) =>
    listing(store, async ({ owner, limit, cursor = '' }) => {
      const pattern = new RegExp(`^${backend.namespace.replaceAll('_', '.')}:`)
      const found = [...backend.records].filter(([key]) => pattern.test(key)).map(([, session]) => listed(session))
      const rest = found
        .filter((session) => (owner === undefined || session.owner === owner) && session.id > cursor)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
      return { sessions: rest.slice(0, limit), cursor: rest.length > limit ? rest[limit - 1]?.id : undefined }
    }),
  ),
]

type List = (query: ListQuery) => Promise<ListPage>

function listing(store: SessionStore, list: (query: ListQuery, original: List) => Promise<ListPage>): SessionStore {
  const original: List = async (query) => store.list?.(query) ?? { sessions: [] }
  return { ...store, list: (query) => list(query, original) }
}

/** A list that compares owners in its own way, on one page. */
function matching(store: SessionStore, backend: Backend, isOwner: (owner: string, asked: string) => boolean) {
  return listing(store, async ({ owner, ...query }, list) => {
    if (owner === undefined) return list(query)
    const all = [...backend.records.values()].map(listed)
    return { sessions: all.filter((session) => session.owner !== null && isOwner(session.owner, owner)) }
  })
}

/** A list whose cursor is a position. */
function paging(
  store: SessionStore,
  { records }: Backend,
  sort: (sessions: ListedSession[]) => ListedSession[],
  { isFromEnd = false } = {},
): SessionStore {
  return listing(store, async ({ owner, limit, cursor = '0' }) => {
    const all = sort([...records.values()].map(listed)).filter((one) => owner === undefined || one.owner === owner)
    const start = isFromEnd && cursor !== '0' ? all.length - Number(cursor) : Number(cursor)
    const sessions = all.slice(start, start + limit)
    if (start + limit >= all.length) return { sessions }
    return { sessions, cursor: String(isFromEnd ? all.length - start - limit : start + limit) }
  })
}

function listed({ id, owner, expiresAt, purgeAt }: ListedSession): ListedSession {
  return { id, owner, expiresAt, purgeAt }
}

function dropUndefined({ sessions, cursor }: ListPage): ListPage {
  return cursor === undefined ? { sessions } : { sessions, cursor }
}
