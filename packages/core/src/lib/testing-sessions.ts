import { type ManualClock, manualClock } from './manual-clock.ts'
import { memoryStore } from './memory-store.ts'
import type { Session } from './sessions/session.ts'
import { createSessions } from './sessions/sessions.ts'
import type { Sessions, SessionsOptions } from './sessions/sessions-api.ts'
import type { StoredSession } from './store.ts'
import { FaultyStore } from './testing-stores.ts'

export const IDLE = 600_000
export const ABSOLUTE = 3_600_000
export const GRACE = 60_000
export const TOUCH = 60_000
export const OVERLAP = 30_000

export interface Data {
  n: number
  a?: unknown
  b?: unknown
  c?: unknown
}

export interface Setup {
  readonly clock: ManualClock
  /** What is stored, under `default:` and the id. */
  readonly records: Map<string, StoredSession>
  readonly backend: FaultyStore
  readonly sessions: Sessions<Data>
  /** Another process on the same storage and clock. */
  readonly elsewhere: Sessions<Data>
  /** A stored session with this data, and its token. */
  stored(data?: Partial<Data>): Promise<{ token: string; id: string }>
  /** A stored session of this owner, and its token. */
  loggedIn(owner: string): Promise<{ token: string; id: string }>
  /** A live session; fails where the token opens a new one. */
  open(token: string | null | undefined): Promise<Session<Data>>
}

export function setup(options: Partial<SessionsOptions<Data>> = {}): Setup {
  const clock = manualClock()
  const records = new Map<string, StoredSession>()
  const backend = new FaultyStore(memoryStore({ records }))
  const shared = {
    initialData: () => ({ n: 0 }),
    clock,
    idleTimeoutMs: IDLE,
    absoluteTimeoutMs: ABSOLUTE,
    graceMs: GRACE,
    touchIntervalMs: TOUCH,
    overlapMs: OVERLAP,
    ...options,
  }
  const sessions = createSessions<Data>({ store: backend.store, ...shared })
  return {
    clock,
    records,
    backend,
    sessions,
    elsewhere: createSessions<Data>({ ...shared, store: memoryStore({ records }) }),
    async stored(data = { a: 'stored' }) {
      const session = await sessions.open()
      Object.assign(session.data, data)
      const { token } = await session.save()
      backend.forget()
      return { token: tokenIn({ token }), id: session.id }
    },
    async loggedIn(owner) {
      const session = await sessions.open()
      const token = tokenIn(await session.login(owner))
      backend.forget()
      return { token, id: session.id }
    },
    async open(token) {
      const session = await sessions.open(token)
      if (session.isNew) throw new Error('the token opened a new session')
      return session
    },
  }
}

/** The token of a result that must have one. */
export function tokenIn({ token }: { readonly token: string | null }): string {
  if (token === null) throw new Error('there is no token to send')
  return token
}
