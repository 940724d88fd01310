import type { ListedSession, ListQuery, SessionStore, StoredSession } from '@leeway/core/adapter'
import { type Backend, type Mutant, mutant } from './mutant.ts'

/** Faults of list that show when another operation comes between two of its backend calls, or it between two of theirs. */
export const listMeetingMutants: readonly Mutant[] = [
  mutant('list leaves out what was saved under it', 'STEP-030', 'it missed a record', (store, backend) =>
    readingTwice(store, backend, (seen, now) => (seen.version === now?.version ? now : undefined)),
  ),
  mutant('list goes from owner to owner', 'STEP-031', 'it missed a record', (store, backend) => ({
    ...store,
    async list(query) {
      if (query.owner !== undefined) return listOf(store, query)
      const owners = new Set([...backend.records.values()].map(({ owner }) => owner ?? ''))
      const sessions: ListedSession[] = []
      for (const owner of [...owners].sort().reverse()) {
        await backend.step('read an owner')
        sessions.push(...(await listOf(store, { owner, limit: 1_000 })).sessions)
      }
      const { cursor = '' } = query
      const behind = sessions.filter(({ id }) => id > cursor).sort((a, b) => (a.id < b.id ? -1 : 1))
      const page = behind.slice(0, query.limit)
      return { sessions: page, cursor: behind.length > query.limit ? page.at(-1)?.id : undefined }
    },
  })),
  mutant('list takes the owner from the index', 'STEP-031', 'it showed what was not there', (store, backend) =>
    readingTwice(store, backend, (seen, now) => now && { ...now, owner: seen.owner }),
  ),
  mutant('list takes what was touched for an old entry', 'STEP-032', 'it missed a record', (store, backend) =>
    readingTwice(store, backend, (seen, now) => (seen.expiresAt === now?.expiresAt ? now : undefined)),
  ),
  mutant('list fails at what has gone', 'STEP-033', 'list: the call rejected', (store, backend) =>
    readingTwice(store, backend, (_, now) => {
      if (!now) throw new Error('ENOENT')
      return now
    }),
  ),
  mutant(
    'create enters the name before the instants',
    'STEP-034',
    'it showed what was not there',
    (store, backend) => ({
      ...store,
      async create(session) {
        await backend.step('enter')
        const answer = await store.create({ ...session, expiresAt: 0, purgeAt: 0 })
        if (answer === 'exists') return answer
        await backend.step('complete')
        backend.records.set(backend.key(session.id), { ...session })
        return answer
      },
    }),
  ),
  mutant('list leaves out what changes at three looks', 'STEP-042', 'it missed a record', (store, backend) => ({
    ...store,
    async list(query) {
      const page = await listOf(store, query)
      const sessions: ListedSession[] = []
      for (const { id } of page.sessions) {
        for (let looks = 0; looks < 3; looks++) {
          await backend.step('read')
          const seen = backend.records.get(backend.key(id))
          await backend.step('read again')
          if (!seen || backend.records.get(backend.key(id)) !== seen) continue
          sessions.push(listed(seen))
          break
        }
      }
      return { ...page, sessions }
    },
  })),
  mutant('a sweep makes the index anew', 'STEP-035', 'it missed a record', (store, backend) => {
    const { records } = backend
    return {
      ...store,
      async sweep(options) {
        await backend.step('clear')
        rebuilt.add(records)
        await backend.step('fill')
        rebuilt.delete(records)
        return store.sweep(options)
      },
      list: async (query) => (rebuilt.has(records) ? { sessions: [] } : listOf(store, query)),
    }
  }),
]

/** Storages whose index is empty for the moment. */
const rebuilt = new WeakSet<Map<string, StoredSession>>()

/** A list that reads the names of a page in one step and, in the next, what is stored under them by then. */
function readingTwice(
  store: SessionStore,
  { step, records, key }: Backend,
  join: (seen: StoredSession, now: StoredSession | undefined) => ListedSession | undefined,
): SessionStore {
  return {
    ...store,
    async list(query) {
      await step('read the names')
      const page = await listOf(store, query)
      const seen = page.sessions.flatMap(({ id }) => records.get(key(id)) ?? [])
      await step('read the records')
      const found = seen.map((one) => join(one, records.get(key(one.id))))
      const sessions = found.flatMap((one) => (one ? [listed(one)] : []))
      return { ...page, sessions: sessions.filter(({ owner }) => query.owner === undefined || owner === query.owner) }
    },
  }
}

function listed({ id, owner, expiresAt, purgeAt }: ListedSession): ListedSession {
  return { id, owner, expiresAt, purgeAt }
}

async function listOf(store: SessionStore, query: ListQuery) {
  return (await store.list?.(query)) ?? { sessions: [] }
}
