import type { ListedSession, SessionStore, StoredSession } from '@leeway/core/adapter'

export function sessionId(name: string | number): string {
  return String(name).padStart(26, '0')
}

export function version(name: string | number): string {
  return String(name).padStart(16, '0')
}

export function record(name: string | number, fields: Partial<StoredSession> = {}): StoredSession {
  return {
    id: sessionId(name),
    version: version(1),
    payload: '{}',
    owner: null,
    expiresAt: 1_000,
    purgeAt: 2_000,
    ...fields,
  }
}

/** What a store lists, page by page, in the order of the ids. */
export async function listed(store: SessionStore, owner?: string): Promise<ListedSession[]> {
  const found = new Map<string, ListedSession>()
  let cursor: string | undefined
  do {
    const page = await store.list?.({ owner, limit: 2, cursor })
    for (const session of page?.sessions ?? []) found.set(session.id, session)
    cursor = page?.cursor
  } while (cursor !== undefined)
  return [...found.values()].sort((one, other) => (one.id < other.id ? -1 : 1))
}

/** Sweeps to the end. */
export async function sweepAll(store: SessionStore, cutoff: number): Promise<{ removed: number; examined: number }> {
  const count = { removed: 0, examined: 0 }
  let cursor: string | undefined
  do {
    const result = await store.sweep({ cutoff, limit: 100, budgetMs: 10_000, cursor })
    count.removed += result.removed
    count.examined += result.examined
    cursor = result.cursor
  } while (cursor !== undefined)
  return count
}
