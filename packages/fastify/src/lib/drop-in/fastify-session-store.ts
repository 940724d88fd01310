import type { SessionStore } from '@fastify/session'
import { type SweepBatchOptions, type SweepCount, type Sweeper, type SweeperOptions, systemClock } from '@leeway/core'
import { type DropInOptions, type DropInRecords, dropInRecords } from '@leeway/core/records'
import { forVisitors } from '../for-visitors.ts'
import { cookieFields, lifetimeOf, loadedCookie, storedCookie } from './cookie-lifetime.ts'
import { HOLD, Hold } from './hold.ts'

type LoadedSession = NonNullable<Parameters<Parameters<SessionStore['get']>[1]>[1]>

/** A store for @fastify/session: see {@link fastifySessionStore}. */
export interface FastifySessionStore extends SessionStore, AsyncDisposable {
  /** Removes what is due now. @throws `ERR_CLOCK_JUMP`; `ERR_INVALID_OPTION`; store errors */
  sweep(options?: SweepBatchOptions): Promise<SweepCount>
  /** Sweeps at intervals until stopped, without keeping the process alive. @throws `ERR_INVALID_OPTION` */
  startSweeper(options?: SweeperOptions): Sweeper
  /** Stops sweepers, waits for what is under way and closes the store. Idempotent. */
  close(): Promise<void>
}

/**
 * A store for `@fastify/session` 11, on any store of leeway. An application changes nothing else. What it gains:
 *
 * - A logout stays one: a request that loaded the session before does not bring it back with its save, which comes to
 *   nothing without an error, and publishes `leeway:session:gone`.
 * - Requests at the same time that change different keys keep each other's changes. Of two that change the same key the last
 *   one counts, and `leeway:session:overwrite` is published.
 * - A save that changes nothing, as `rolling` asks for with each request, seldom writes.
 * - Ids are stored as digests: nobody who reads the store can use them.
 * - An expired session is not served, and the expiry is the record's (CVE-2024-35220).
 *
 * Values are what `JSON.stringify` makes of them. A session that was loaded has an enumerable key `__leeway`: leave it there.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * import cookie from '@fastify/cookie'
 * import session from '@fastify/session'
 * import { memoryStore } from '@leeway/core/memory'
 * import { fastifySessionStore } from '@leeway/fastify/fastify-session'
 * import Fastify from 'fastify'
 *
 * declare module 'fastify' {
 *   interface Session {
 *     visits?: number
 *   }
 * }
 * const store = fastifySessionStore({ store: memoryStore() })
 * const app = Fastify()
 * app.register(cookie)
 * app.register(session, { store, secret: 'a secret of at least 32 characters', cookie: { secure: false } })
 * app.get('/', async ({ session }) => {
 *   session.visits = (session.visits ?? 0) + 1
 *   return `visit ${session.visits}`
 * })
 *
 * const first = await app.inject('/')
 * const cookies = { sessionId: first.cookies[0]?.value ?? '' }
 * console.log((await app.inject({ url: '/', cookies })).body) // visit 2
 * await app.close()
 * await store.close()
 */
export function fastifySessionStore(options: DropInOptions): FastifySessionStore {
  return new DropInStore(dropInRecords(options), options.clock ?? systemClock)
}

class DropInStore implements FastifySessionStore {
  readonly #records: DropInRecords
  readonly #clock: { now(): number }
  /** The holds of sessions that the framework has begun, whose objects are its own. */
  readonly #begun = new WeakMap<object, Hold>()

  constructor(records: DropInRecords, clock: { now(): number }) {
    this.#records = records
    this.#clock = clock
  }

  get(sid: string, callback: Parameters<SessionStore['get']>[1]): void {
    answer(this.#load(sid), callback)
  }

  set(sid: string, session: object, callback: (error?: unknown) => void): void {
    answer(this.#store(sid, session), (error) => callback(error))
  }

  destroy(sid: string, callback: (error?: unknown) => void): void {
    answer(this.#records.destroy(sid), (error) => callback(error))
  }

  sweep(options?: SweepBatchOptions): Promise<SweepCount> {
    return this.#records.sweep(options)
  }

  startSweeper(options?: SweeperOptions): Sweeper {
    return this.#records.startSweeper(options)
  }

  close(): Promise<void> {
    return this.#records.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #load(sid: string): Promise<LoadedSession | null> {
    const found = await this.#records.find(sid)
    if (!found) return null
    const cookie = loadedCookie(found.data.cookie, found.expiresAt - this.#clock.now())
    const hold = new Hold(this, sid, found.session, Date.now())
    // What the application declares of its sessions is what it has put into this one.
    return { ...found.data, cookie, [HOLD]: hold } as unknown as LoadedSession
  }

  async #store(sid: string, session: object): Promise<void> {
    const hold = this.#holdOf(sid, session)
    const cookie = cookieFields(Reflect.get(session, 'cookie'))
    await hold.session.set({ ...session, cookie: storedCookie(cookie) }, lifetimeOf(cookie, hold.loadedAt))
  }

  /** Only a session that this store has not given to the framework, as the one of this id, may be created. */
  #holdOf(sid: string, session: object): Hold {
    const known = this.#begun.get(session) ?? Reflect.get(session, HOLD)
    if (known instanceof Hold && known.store === this && known.sid === sid) return known
    const hold = new Hold(this, sid, this.#records.begin(sid))
    this.#begun.set(session, hold)
    return hold
  }
}

/** Calls back once, outside of the promise: what a callback throws is not this store's failure. */
function answer<T>(work: Promise<T>, callback: (error: unknown, result?: T) => void): void {
  work.then(
    (result) => process.nextTick(callback, null, result),
    (error: unknown) => {
      forVisitors(error)
      process.nextTick(callback, error)
    },
  )
}
