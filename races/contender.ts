import { createSessions } from '@leeway/core'
import { type ManualClock, manualClock } from '@leeway/core/testing'
import { NaiveStore } from './naive-store.ts'
import { type LeewayKind, openStore } from './stores.ts'

export const IDLE_MS = 60_000
export const GRACE_MS = 10_000

/** One way of keeping sessions, as the drivers see it: every contender goes through the same races. */
export interface Contender {
  readonly clock: ManualClock
  /** A new session that holds `value`; resolves with its token. */
  start(value: string): Promise<string>
  /** The first half of a request: loads the session, or finds none. */
  load(token: string): Promise<Held | undefined>
  /** What a later request would read. */
  read(token: string): Promise<string | undefined>
  logout(token: string): Promise<void>
  close(): Promise<void>
}

/** A request between its load and its save. */
export interface Held {
  save(value: string): Promise<'acknowledged' | 'gone'>
}

export type Kind = 'naive' | LeewayKind

/** @param place where it is kept, as `scratchPlaces` gives it */
export function contender(kind: Kind, place: string): Contender {
  return kind === 'naive' ? naive(place) : leeway(kind, place)
}

/** The races' own options, for whoever opens the same store in another process. */
export function leewaySessions(kind: LeewayKind, place: string, clock: ManualClock) {
  return createSessions({
    store: openStore(kind, place, clock),
    initialData: () => ({ value: '' }),
    idleTimeoutMs: IDLE_MS,
    absoluteTimeoutMs: 1000 * IDLE_MS,
    graceMs: GRACE_MS,
    clock,
  })
}

function leeway(kind: LeewayKind, place: string): Contender {
  const clock = manualClock()
  const sessions = leewaySessions(kind, place, clock)
  return {
    clock,
    async start(value) {
      const session = await sessions.open()
      session.data.value = value
      const { token } = await session.save()
      if (token === null) throw new Error('a new session has a token')
      return token
    },
    async load(token) {
      const session = await sessions.open(token)
      if (session.isNew) return undefined
      return {
        async save(value) {
          session.data.value = value
          const { status } = await session.save()
          return status === 'saved' ? 'acknowledged' : 'gone'
        },
      }
    },
    async read(token) {
      const session = await sessions.open(token)
      return session.isNew ? undefined : session.data.value
    },
    async logout(token) {
      await (await sessions.open(token)).destroy()
    },
    close: () => sessions.close(),
  }
}

function naive(path: string): Contender {
  const clock = manualClock()
  const store = new NaiveStore(path)
  return {
    clock,
    async start(value) {
      const id = crypto.randomUUID()
      store.set(id, value, clock.now() + IDLE_MS)
      return id
    },
    async load(id) {
      if (store.get(id, clock.now()) === undefined) return undefined
      return {
        async save(value) {
          store.set(id, value, clock.now() + IDLE_MS)
          return 'acknowledged'
        },
      }
    },
    read: async (id) => store.get(id, clock.now()),
    logout: async (id) => store.destroy(id),
    close: async () => store.close(),
  }
}
