import { join } from 'node:path'
import { createSessions, type Session } from '@leeway/core'
import { sqliteStore } from '@leeway/sqlite'
import { type Arena, type Contender, IDLE_MS } from './contender.ts'

const GRACE_MS = 240_000

/** The race as leeway runs it, on the store that this app keeps its own sessions in by default. */
export async function leeway({ clock, directory }: Arena): Promise<Contender> {
  const store = sqliteStore({ path: join(directory, 'leeway.db') })
  const sessions = createSessions({
    store,
    initialData: () => ({ value: '' }),
    idleTimeoutMs: IDLE_MS,
    graceMs: GRACE_MS,
    clock,
  })
  const first = await sessions.open()
  const { expiresAt } = first
  first.data.value = 'before'
  let { token } = await first.save()
  let request: Session<{ value: string }> | undefined
  let refused = false
  let cutoff = 0
  return {
    steps: {
      C: async () => {
        cutoff = clock.now()
        return 'takes the time as its cut-off'
      },
      // `sessions.sweep()` is both steps at once: here the cut-off is as old as the order demands.
      D: async () => {
        const { removed } = await store.sweep({ cutoff, limit: 100, budgetMs: 1000 })
        const left = await store.list?.({ limit: 100 })
        const earliest = Math.min(...(left?.sessions ?? []).map(({ purgeAt }) => purgeAt))
        return `deletes ${removed}: nothing is due before +${Math.round((earliest - expiresAt) / 60_000)} min`
      },
      L: async () => {
        request = await sessions.open(token)
        refused = request.isNew
        return refused ? 'is refused, it has expired: a new session' : `loads “${request.data.value}”`
      },
      P: async () => 'works on it',
      S: async () => {
        if (!request) throw new Error('nothing was loaded')
        request.data.value = 'after'
        const saved = await request.save()
        token = saved.token ?? token
        return `saves “after”: ${saved.status}`
      },
    },
    async readBack() {
      const later = await sessions.open(token)
      return later.isNew ? null : later.data.value
    },
    refused: () => refused,
    close: () => sessions.close(),
  }
}
