import { assertKnownOptions } from '../adapter/checks.ts'
import { type Millis, systemClock } from '../clock.ts'
import { isLeewayError, LeewayError } from '../errors.ts'
import type { RecordsOptions } from '../options.ts'
import { createRecords, type Records } from '../records/records.ts'
import type { SessionId } from '../store.ts'
import type { SweepBatchOptions, SweepCount, Sweeper, SweeperOptions } from '../sweep/sweeper.ts'
import { assertSpan, LONGEST_MS, LONGEST_TIMER_MS } from '../timeouts.ts'
import { within } from '../within.ts'
import { type DropInContext, DropInSession } from './drop-in-session.ts'
import { decodedKeys, jsonKeys } from './json-keys.ts'

type Data = Record<string, unknown>

/** What a store for a framework's sessions is configured with. Spans are milliseconds. */
export interface DropInOptions
  extends Pick<
    RecordsOptions,
    'store' | 'graceMs' | 'touchIntervalMs' | 'updateTimeoutMs' | 'codec' | 'sweepChance' | 'clock'
  > {
  /** How long a session lives without use whose cookie has no expiry of its own. Default 24 hours. */
  readonly defaultIdleTimeoutMs?: Millis
  /** How long a session lives at most, however much it is used. Default 100 years: these frameworks know no such end. */
  readonly absoluteTimeoutMs?: Millis
  /** For how long a framework waits for the store to answer, in milliseconds. More than `updateTimeoutMs`. Default 10,000. */
  readonly storeTimeoutMs?: Millis
}

/** A session that was found. */
export interface FoundSession {
  /** What the framework stored, to keep and to change. */
  readonly data: Data
  /** The session is not served at or after this instant, unless a write moves it. */
  readonly expiresAt: Millis
  readonly session: DropInSession
}

/** Sessions whose framework owns id, cookie and object: see {@link dropInRecords}. */
export interface DropInRecords {
  /** Whether the store can list, and so `all`, `count` and `clear` can be called. */
  readonly lists: boolean
  /** The live session under the framework's id. @throws store errors */
  find(sid: string): Promise<FoundSession | undefined>
  /** A hold that creates the session with its first `set`; only for one that the framework itself has begun. */
  begin(sid: string): DropInSession
  /** Stores a session that comes from elsewhere, unless one is stored under the id, expired ones that are not swept yet included. @throws what `set` throws */
  adopt(sid: string, data: object, idleTimeoutMs?: Millis): Promise<'created' | 'exists'>
  /** Once resolved, no write of any hold brings the session back. Idempotent. @throws store errors */
  destroy(sid: string): Promise<void>
  /** The live sessions by record id, a digest: ids that open something are not stored. @throws `ERR_UNSUPPORTED`; store errors */
  all(): Promise<Map<SessionId, Omit<FoundSession, 'session'>>>
  /** How many live sessions there are. @throws `ERR_UNSUPPORTED`; store errors */
  count(): Promise<number>
  /** Destroys every session of these, and nothing else that is in the store. @throws `ERR_UNSUPPORTED`; store errors */
  clear(): Promise<void>
  /** Removes what is due now. @throws `ERR_CLOCK_JUMP`; `ERR_INVALID_OPTION`; store errors */
  sweep(options?: SweepBatchOptions): Promise<SweepCount>
  /** Sweeps at intervals until stopped, without keeping the process alive. @throws `ERR_INVALID_OPTION` */
  startSweeper(options?: SweeperOptions): Sweeper
  /** Stops sweepers, waits for what is under way and closes the store. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * For stores that are given to express-session, @fastify/session or koa-session: they know get, set and destroy, with a
 * set that creates whatever is not there. Here a request's writes belong to what it has loaded or begun, so that none of
 * them brings back a session after a logout, and none overwrites what others have changed under other keys.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * import { memoryStore } from '@leeway/core/memory'
 * import { dropInRecords } from '@leeway/core/records'
 *
 * const records = dropInRecords({ store: memoryStore() })
 * await records.begin('the-id-in-the-cookie').set({ cart: ['book'] }, 60_000)
 * const late = await records.find('the-id-in-the-cookie')
 * await records.destroy('the-id-in-the-cookie') // a logout, while another request is under way
 * console.log(await late?.session.set({ cart: [] }, 60_000)) // gone
 * await records.close()
 */
export function dropInRecords(options: DropInOptions): DropInRecords {
  assertKnownOptions(options, NAMES, 'open')
  const { defaultIdleTimeoutMs = 24 * 60 * 60_000, absoluteTimeoutMs = LONGEST_MS, ...rest } = options
  const { storeTimeoutMs = 10_000, ...others } = rest
  assertSpan(defaultIdleTimeoutMs, 'defaultIdleTimeoutMs')
  assertSpan(storeTimeoutMs, 'storeTimeoutMs', 1, LONGEST_TIMER_MS)
  const records = createRecords<Data>({
    ...others,
    idleTimeoutMs: defaultIdleTimeoutMs,
    absoluteTimeoutMs,
    onConflict: 'overwrite',
  })
  const { clock = systemClock, store } = options
  const inTime: DropInContext['inTime'] = (operation, work) => within(work(), storeTimeoutMs, clock, operation)
  return new DropIns(records, typeof store.list === 'function', { defaultIdleTimeoutMs, absoluteTimeoutMs }, inTime)
}

const NAMES = [
  'store',
  'defaultIdleTimeoutMs',
  'absoluteTimeoutMs',
  'storeTimeoutMs',
  'graceMs',
  'touchIntervalMs',
  'updateTimeoutMs',
  'codec',
  'sweepChance',
  'clock',
] as const satisfies readonly (keyof DropInOptions)[]

class DropIns implements DropInRecords {
  readonly lists: boolean
  readonly #records: Records<Data>
  readonly #context: DropInContext
  /** Creations under way, which a destruction of the same id waits for. */
  readonly #creating = new Map<string, Promise<unknown>>()

  constructor(
    records: Records<Data>,
    lists: boolean,
    defaults: { readonly defaultIdleTimeoutMs: Millis; readonly absoluteTimeoutMs: Millis },
    inTime: DropInContext['inTime'],
  ) {
    this.lists = lists
    this.#records = records
    this.#context = {
      records,
      timeouts: (idleTimeoutMs = defaults.defaultIdleTimeoutMs) => ({
        idleTimeoutMs: Math.min(Math.ceil(idleTimeoutMs), LONGEST_MS),
        absoluteTimeoutMs: defaults.absoluteTimeoutMs,
      }),
      creating: (sid, work) => this.#create(sid, work),
      inTime,
    }
  }

  async find(sid: string): Promise<FoundSession | undefined> {
    assertSid(sid, 'load')
    const handle = await this.#context.inTime('load', () => this.#records.load(sid))
    if (!handle) return undefined
    const given = jsonKeys(handle.data)
    const session = new DropInSession(this.#context, sid, { handle, given })
    return { data: decodedKeys(given), expiresAt: handle.expiresAt, session }
  }

  begin(sid: string): DropInSession {
    assertSid(sid, 'create')
    return new DropInSession(this.#context, sid)
  }

  async adopt(sid: string, data: object, idleTimeoutMs?: Millis): Promise<'created' | 'exists'> {
    assertSid(sid, 'create')
    const given = decodedKeys(jsonKeys(data))
    try {
      const create = () => this.#records.create(sid, given, this.#context.timeouts(idleTimeoutMs))
      await this.#context.inTime('create', () => this.#create(sid, create))
      return 'created'
    } catch (error) {
      if (isLeewayError(error) && error.code === 'ERR_CONFLICT') return 'exists'
      throw error
    }
  }

  async destroy(sid: string): Promise<void> {
    assertSid(sid, 'destroy')
    await this.#context.inTime('destroy', async () => {
      // One that is being created would otherwise arrive afterwards.
      await this.#creating.get(sid)
      await this.#records.destroy(sid)
    })
  }

  async all(): Promise<Map<SessionId, Omit<FoundSession, 'session'>>> {
    const found = new Map<SessionId, Omit<FoundSession, 'session'>>()
    for await (const { id, data, expiresAt } of this.#records.all()) found.set(id, { data, expiresAt })
    return found
  }

  async count(): Promise<number> {
    let count = 0
    for await (const _ of this.#records.all()) count++
    return count
  }

  async clear(): Promise<void> {
    for await (const record of this.#records.all()) await record.destroy()
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

  #create<T>(sid: string, work: () => Promise<T>): Promise<T> {
    const creating = work()
    const all = Promise.allSettled([this.#creating.get(sid), creating])
    this.#creating.set(sid, all)
    void all.then(() => {
      if (this.#creating.get(sid) === all) this.#creating.delete(sid)
    })
    return creating
  }
}

/** @throws `ERR_INVALID_ID` for a framework's id that is no text. */
function assertSid(sid: unknown, operation: string): asserts sid is string {
  if (typeof sid === 'string' && sid !== '') return
  throw new LeewayError('ERR_INVALID_ID', 'the id of a session is a text that is not empty', { operation })
}
