import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Millis } from '../clock.ts'
import type { ExclusiveOptions } from '../exclusive/exclusive-options.ts'
import type { RecordsOptions } from '../options.ts'
import type { SessionId } from '../store.ts'
import type { SweepBatchOptions, SweepCount, Sweeper, SweeperOptions } from '../sweep/sweeper.ts'
import type { SessionDetails, SessionInfo } from './owner-sessions.ts'
import type { Session } from './session.ts'
import type { ListOptions, OpenOptions } from './session-types.ts'

export interface SessionsOptions<Data extends object> extends RecordsOptions<Data> {
  /** The data of a new session. Default: an empty object. */
  readonly initialData?: () => Data
  /** For how long the old secret is honoured after a rotation has been confirmed. Default 30,000. */
  readonly overlapMs?: Millis
  /**
   * How long a new session lives until a second request presents its token and saves, or somebody logs in: the sessions
   * of bots, which never come back, are gone sooner. From then on `idleTimeoutMs` counts, and is the default.
   */
  readonly firstIdleTimeoutMs?: Millis
}

/** With a schema it is the schema that tells what the data is, and initial data has to agree. */
export type SchemedOptions<Data extends object> = SessionsOptions<NoInfer<Data>> & {
  readonly schema: StandardSchemaV1<unknown, Data>
}

export interface RevokeAllOptions {
  /** The id of a session to keep, usually the one that asks. */
  readonly except?: SessionId
}

/** Sessions on a store: see {@link createSessions}. */
export interface Sessions<Data extends object, Flash extends object = Record<string, unknown>> {
  /**
   * The session that the token opens, or a new one, which is stored only once something is saved. A token that is
   * missing, malformed, unknown, expired or wrong opens a new session under an id of its own.
   * @throws store errors: a failure is never answered with a new session; `ERR_NEWER_DATA` for a session that a newer
   * release has written; `ERR_INVALID_DATA` where the initial data does not fit the schema; `ERR_INVALID_OPTION`
   */
  open(token?: string | null, options?: OpenOptions): Promise<Session<Data, Flash>>
  /**
   * Opens the session while no other `exclusive` caller has it, in any process, and resolves with what `work` resolves
   * with. It keeps out those other callers only: who opens the session without it is not kept waiting, and a write that
   * meets theirs is refused. Nothing is saved by itself, and the session is not for use after `work` has ended.
   *
   * @throws `ERR_LOCK_TIMEOUT` after `waitMs`; `ERR_LOCK_NESTED` inside the callback of another call for this session;
   * `ERR_INVALID_OPTION`; store errors; what `work` throws. The session's own methods reject with `ERR_LOCK_LOST` where
   * somebody else has written the session, or may have it to themselves by now.
   * @example
   * const number = await sessions.exclusive(token, async (session) => {
   *   const order = await placeOrder(session.data.cart)
   *   session.data.cart = []
   *   await session.save()
   *   return order.number
   * })
   */
  exclusive<T>(
    token: string | null | undefined,
    work: (session: Session<Data, Flash>) => T | PromiseLike<T>,
    options?: ExclusiveOptions,
  ): Promise<T>
  /** The owner's live sessions. @throws `ERR_UNSUPPORTED` where the store cannot list; store errors */
  list(ownerId: string): Promise<SessionInfo[]>
  /** The same with what is known of each, for which each is loaded. */
  list(ownerId: string, options: ListOptions): Promise<SessionDetails[]>
  /** Ends one session, if it is the owner's. @throws store errors */
  revoke(ownerId: string, id: SessionId): Promise<'destroyed' | 'gone'>
  /**
   * Ends all sessions of the owner, those being logged in to at this moment included, and resolves with how many.
   * @throws `ERR_UNSUPPORTED` where the store cannot list; store errors
   */
  revokeAll(ownerId: string, options?: RevokeAllOptions): Promise<number>
  /** Removes what is due now. @throws `ERR_CLOCK_JUMP`; `ERR_INVALID_OPTION`; store errors */
  sweep(options?: SweepBatchOptions): Promise<SweepCount>
  /** Sweeps at intervals until stopped, without keeping the process alive. @throws `ERR_INVALID_OPTION` */
  startSweeper(options?: SweeperOptions): Sweeper
  /** Stops sweepers, waits for what is under way and closes the store. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
