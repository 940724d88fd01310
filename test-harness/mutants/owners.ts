import type { StoredSession } from '@leeway/core/adapter'
import { type Mutant, mutant } from './mutant.ts'

/** Faults in how owners are kept. */
export const ownerMutants: readonly Mutant[] = [
  mutant('update trims the owner', 'PAYLOAD-013', 'the record updated to owner "user "', (store) => ({
    ...store,
    update: (session, expected) =>
      store.update(
        owned(session, (owner) => owner.trimEnd()),
        expected,
      ),
  })),
  mutant('owners end at NUL', 'PAYLOAD-013', 'the record with owner "a\\u0000b"', (store) => ({
    ...store,
    create: (session) => store.create(owned(session, (owner) => owner.split('\u0000', 1).join())),
  })),
  mutant('list by owner compares up to NUL', 'LIST-005', 'owner "user\\u0000"', (store, { records }) => ({
    ...store,
    async list(query) {
      const page = await store.list?.(query)
      if (!page || !query.owner?.endsWith('\u0000')) return page ?? { sessions: [] }
      const asked = query.owner.slice(0, -1)
      return { sessions: [...records.values()].filter(({ owner }) => owner?.split('\u0000', 1)[0] === asked) }
    },
  })),
]

function owned(session: StoredSession, change: (owner: string) => string): StoredSession {
  const { owner } = session
  return typeof owner === 'string' && owner.isWellFormed() ? { ...session, owner: change(owner) } : session
}
