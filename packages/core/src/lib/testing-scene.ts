import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { EVENT_NAMES, type Events } from './events.ts'
import { type ManualClock, manualClock } from './manual-clock.ts'
import { memoryStore } from './memory-store.ts'
import type { Session } from './sessions/session.ts'
import { createSessions, type Sessions, type SessionsOptions } from './sessions/sessions.ts'
import type { StoredSession } from './store.ts'
import { type FaultyStore, faultyStore } from './testing-faults.ts'

export type Bag = Record<string, unknown>

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const IDLE = 30 * MINUTE
export const ABSOLUTE = 12 * 60 * MINUTE
export const GRACE = 4 * MINUTE
export const OVERLAP = 30 * SECOND

/** Sessions over one memory store, a clock that is told the time, and a look at the bytes. */
export interface Scene {
  readonly clock: ManualClock
  readonly store: FaultyStore
  readonly sessions: Sessions<Bag>
  /** Another process on the same records and clock. */
  elsewhere(options?: Partial<SessionsOptions<Bag>>): Sessions<Bag>
  /** The record as its bytes are, whatever the store is told to answer. */
  stored(id: string): StoredSession | undefined
  /** Puts bytes in place of the stored ones, as an operator would. */
  overwrite(record: StoredSession): void
  /** The session data as stored. */
  storedData(id: string): unknown
  readonly size: number
  /** A stored session and its token. */
  begin(data?: Bag): Promise<{ session: Session<Bag>; token: string; id: string }>
}

export function scene(options: Partial<SessionsOptions<Bag>> = {}): Scene {
  const clock = manualClock()
  const records = new Map<string, StoredSession>()
  const store = faultyStore(memoryStore({ records }))
  const sessions = createSessions<Bag>({ store, clock, ...options })
  const stored = (id: string) => records.get(`default:${id}`)
  return {
    clock,
    store,
    sessions,
    elsewhere: (others = {}) => createSessions<Bag>({ store: memoryStore({ records }), clock, ...options, ...others }),
    stored,
    overwrite: (record) => void records.set(`default:${record.id}`, record),
    storedData(id) {
      const payload = stored(id)?.payload
      return payload === undefined ? undefined : JSON.parse(payload.slice(payload.indexOf('\n') + 1))
    },
    get size() {
      return records.size
    },
    async begin(data = { started: true }) {
      const session = await sessions.open()
      Object.assign(session.data, data)
      const { token } = await session.save()
      return { session, token: given(token), id: session.id }
    },
  }
}

/** A token that a save was expected to give. */
export function given(token: string | null): string {
  if (token === null) throw new Error('a token was expected')
  return token
}

export interface Recorded {
  readonly all: readonly { readonly name: keyof Events; readonly message: unknown }[]
  named<Name extends keyof Events>(name: Name): Events[Name][]
  [Symbol.dispose](): void
}

/** Everything published on leeway's channels until disposed of. */
export function recordEvents(): Recorded {
  const all: { name: keyof Events; message: unknown }[] = []
  const listen = (message: unknown, name: string | symbol) => {
    all.push({ name: name as keyof Events, message })
  }
  for (const name of EVENT_NAMES) subscribe(name, listen)
  return {
    all,
    named: <Name extends keyof Events>(name: Name) =>
      all.filter((event) => event.name === name).map((event) => event.message as Events[Name]),
    [Symbol.dispose]() {
      for (const name of EVENT_NAMES) unsubscribe(name, listen)
    },
  }
}

/** How a promise was rejected; fails where it was not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('a rejection was expected')
}
