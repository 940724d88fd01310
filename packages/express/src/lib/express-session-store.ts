import {
  LeewayError,
  type SweepBatchOptions,
  type SweepCount,
  type Sweeper,
  type SweeperOptions,
  systemClock,
} from '@leeway/core'
import { type DropInOptions, type DropInRecords, type DropInSession, dropInRecords } from '@leeway/core/records'
import { type SessionData, Store } from 'express-session'
import { movingRecords } from './migration/moving-records.ts'
import { type OldSessionStore, OldStore } from './migration/old-store.ts'
import { idleTimeoutOf, shownCookie, storedCookie } from './stored-cookie.ts'

type Request = Parameters<Store['createSession']>[0]
type Callback<T = void> = (error?: unknown, value?: T) => unknown

/** What `expressSessionStore` is configured with. Spans are milliseconds. */
export interface ExpressSessionStoreOptions extends DropInOptions {
  /**
   * The store that sessions lived in before: one that is not found is looked for there, and moved. So nobody is logged out
   * by the change of stores. A logout destroys in both.
   */
  readonly migrateFrom?: OldSessionStore
  /**
   * Whether the old store keeps what has been moved, for as long as processes of the old release still serve: without it a
   * request that reaches one of them finds no session. Default false.
   */
  readonly keepMigrated?: boolean
}

/** A request's hold on a session, and the cookie as it is stored. */
interface Hold {
  readonly session: DropInSession
  cookie: unknown
}

/**
 * The store for express-session over the records of leeway. A session that was loaded carries a hold on its record, and
 * so does one that was stored: their sets update it and never bring it back. Only a session that express-session has
 * begun, or a plain object that somebody else passes, can create.
 */
export class ExpressSessionStore extends Store {
  readonly #records: DropInRecords
  readonly #holds = new WeakMap<object, Hold>()

  /** @internal Made by `expressSessionStore`. */
  constructor(records: DropInRecords) {
    super()
    this.#records = records
  }

  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    const found = async () => {
      const found = await this.#records.find(sid)
      if (!found) return null
      const { data, session, expiresAt } = found
      const shown = shownSession(data, expiresAt)
      this.#holds.set(shown, { session, cookie: data.cookie })
      return shown
    }
    answer(found(), callback)
  }

  override createSession(request: Request, session: SessionData): ReturnType<Store['createSession']> {
    const hold = this.#holds.get(session)
    const created = super.createSession(request, session)
    if (hold) this.#holds.set(created, hold)
    return created
  }

  override set(sid: string, session: SessionData, callback?: Callback): void {
    answer(this.#set(sid, session), callback)
  }

  override touch(sid: string, session: SessionData, callback?: Callback): void {
    answer(this.#touch(sid, session), callback)
  }

  override destroy(sid: string, callback?: Callback): void {
    answer(this.#records.destroy(sid), callback)
  }

  /** Removes what is due now. @throws `ERR_CLOCK_JUMP`; `ERR_INVALID_OPTION`; store errors */
  sweep(options?: SweepBatchOptions): Promise<SweepCount> {
    return this.#records.sweep(options)
  }

  /** Sweeps at intervals until stopped, without keeping the process alive. @throws `ERR_INVALID_OPTION` */
  startSweeper(options?: SweeperOptions): Sweeper {
    return this.#records.startSweeper(options)
  }

  /** Stops sweepers, waits for what is under way and closes the store. Idempotent. */
  close(): Promise<void> {
    return this.#records.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #set(sid: string, session: SessionData): Promise<void> {
    let hold = this.#holds.get(session)
    if (!hold) {
      hold = { session: this.#records.begin(sid), cookie: undefined }
      this.#holds.set(session, hold)
    }
    const cookie = storedCookie(session.cookie, hold.cookie)
    hold.cookie = cookie
    await hold.session.set({ ...session, cookie }, idleTimeoutOf(cookie))
  }

  async #touch(sid: string, session: SessionData): Promise<void> {
    const hold = this.#holds.get(session)
    const cookie = storedCookie(session.cookie, hold?.cookie)
    if (hold) hold.cookie = cookie
    const touched = hold?.session ?? (await this.#records.find(sid))?.session
    await touched?.touch({ cookie }, idleTimeoutOf(cookie))
  }
}

/** The store where all sessions can be listed. They go by their record's id, a digest: ids that open something are not stored. */
class ListingExpressSessionStore extends ExpressSessionStore {
  readonly #records: DropInRecords

  /** @internal Made by `expressSessionStore`. */
  constructor(records: DropInRecords) {
    super(records)
    this.#records = records
  }

  override all(callback: (error: unknown, sessions?: { [id: string]: SessionData } | null) => void): void {
    const all = async () => {
      const found = await this.#records.all()
      return Object.fromEntries(
        [...found].map(([id, { data, expiresAt }]) => [id, shownSession(data, expiresAt)] as const),
      )
    }
    answer(all(), callback)
  }

  override length(callback: (error: unknown, length?: number) => void): void {
    answer(this.#records.count(), callback)
  }

  override clear(callback?: Callback): void {
    answer(this.#records.clear(), callback)
  }
}

/**
 * A store for express-session: two lines to change. What express-session's own contract cannot promise holds all the
 * same: nothing is brought back after a logout, and parallel requests keep each other's changes of different keys.
 * Sessions are stored under a digest of their id.
 *
 * Methods answer as those of other stores do. A set of a session that has been destroyed calls back without an error and
 * writes nothing; `leeway:session:gone` is published then. `all`, `length` and `clear` are there where the store can list.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * import { memoryStore } from '@leeway/core/memory'
 * import { expressSessionStore } from '@leeway/express/express-session'
 * import express from 'express'
 * import session from 'express-session'
 *
 * const store = expressSessionStore({ store: memoryStore() })
 * const app = express()
 * app.use(session({ store, secret: 'keyboard cat', resave: false, saveUninitialized: false }))
 * app.get('/', (request, response) => {
 *   Object.assign(request.session, { name: 'Ada' })
 *   response.send('stored')
 * })
 * const server = app.listen(0, async () => {
 *   const { port } = server.address() as { port: number }
 *   const answer = await fetch(`http://127.0.0.1:${port}/`)
 *   console.log(answer.headers.getSetCookie().length) // 1
 *   server.close(() => store.close())
 * })
 */
export function expressSessionStore(options: ExpressSessionStoreOptions): ExpressSessionStore {
  const { migrateFrom, keepMigrated = false, ...others } = { ...options }
  if (
    migrateFrom !== undefined &&
    ![migrateFrom?.get, migrateFrom?.destroy].every((call) => typeof call === 'function')
  ) {
    throw new LeewayError('ERR_INVALID_OPTION', 'migrateFrom must be a store for express-session')
  }
  if (typeof keepMigrated !== 'boolean' || (keepMigrated && migrateFrom === undefined)) {
    throw new LeewayError('ERR_INVALID_OPTION', 'keepMigrated must be true or false, and needs migrateFrom')
  }
  const own = dropInRecords(others)
  const { clock = systemClock, storeTimeoutMs = 10_000 } = others
  const records =
    migrateFrom === undefined ? own : movingRecords(own, new OldStore(migrateFrom, clock, storeTimeoutMs), keepMigrated)
  return records.lists ? new ListingExpressSessionStore(records) : new ExpressSessionStore(records)
}

function shownSession(data: Record<string, unknown>, expiresAt: number): SessionData {
  return { ...data, cookie: shownCookie(data.cookie, expiresAt) } as SessionData
}

/** Calls back once. What the callback throws is its own, as an exception that nobody has caught. */
function answer<T>(work: Promise<T>, callback: Callback<T> | undefined): void {
  work.then(
    (value) => callback && queueMicrotask(() => callback(null, value)),
    (error: unknown) => callback && queueMicrotask(() => callback(error)),
  )
}
