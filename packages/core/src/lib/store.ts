import type { Millis } from './clock.ts'

/** Names a record for its whole life: `[a-z0-9]{26}`, at least 128 random bits. Not a credential. */
export type SessionId = string
/** `[A-Za-z0-9_-]{16,32}`, random, minted by core for every write. Compared for equality only. */
export type Version = string

/** A record as stored. Instants are integer milliseconds since the Unix epoch. */
export interface StoredSession {
  readonly id: SessionId
  readonly version: Version
  /** Opaque, well-formed Unicode; given back exactly as it was stored. */
  readonly payload: string
  /** Opaque key for listing, at most 255 characters. */
  readonly owner: string | null
  readonly expiresAt: Millis
  /** The earliest instant at which the record may be removed: `expiresAt` plus the grace, or later. Never moves back. */
  readonly purgeAt: Millis
}

export type Lifetime = Pick<StoredSession, 'expiresAt' | 'purgeAt'>
export type LoadedRef = Pick<StoredSession, 'id' | 'version' | 'owner'>
export type ListedSession = Omit<StoredSession, 'version' | 'payload'>

/**
 * A versioned record store without an opinion about time. Every operation is one atomic step for its record, with
 * respect to every handle, process and machine that shares the storage. A backend failure rejects with a
 * `LeewayError`; it is never answered as "absent".
 */
export interface SessionStore {
  /** Frozen. What the store keeps, where, and how much; rules that need more are not applied to it. */
  readonly capabilities: StoreCapabilities
  /** Stores where nothing is stored under the id. `created` also when the stored version is already the given one (a retry). */
  create(session: StoredSession): Promise<'created' | 'exists'>
  /** The record as stored, whatever its age, as a copy. Never deletes, never extends. */
  load(id: SessionId): Promise<StoredSession | undefined>
  /**
   * Replaces the record whose stored version is `expected`; never inserts. `expiresAt` as given, `purgeAt` the later of
   * stored and given. `saved` also when the stored version is already the new one (a retry).
   */
  update(session: StoredSession, expected: Version): Promise<'saved' | 'conflict' | 'gone'>
  /** Moves both instants forward, never back, if the stored version is the loaded one. Nothing else changes. */
  touch(loaded: LoadedRef, lifetime: Lifetime): Promise<'touched' | 'conflict' | 'gone'>
  /** Removes the record whatever its version. `gone` if there was none. */
  destroy(id: SessionId): Promise<'destroyed' | 'gone'>
  /** Removes records with `purgeAt <= cutoff`, testing in the step that deletes. A `cursor` in the result means: call again. */
  sweep(options: SweepOptions): Promise<SweepResult>
  /** Pages through all records or one owner's. A record that is there throughout is listed at least once. */
  list?(query: ListQuery): Promise<ListPage>
  /** Idempotent; waits for what is under way. Afterwards every call rejects with `ERR_STORE_CLOSED`. */
  close(): Promise<void>
}

export interface StoreCapabilities {
  /** What an acknowledged write outlives. */
  readonly survives: 'nothing' | 'process-crash' | 'power-loss'
  /** How far apart two handles on the same records may be. */
  readonly sharedBy: 'process' | 'host' | 'network'
  /** `sweep`: records go when swept. `native`: the backend drops them at `purgeAt` by itself. */
  readonly purge: 'sweep' | 'native'
  readonly list: boolean
  readonly failover: 'none' | 'may-lose-acknowledged-writes'
  /** The longest payload, in bytes of UTF-8. */
  readonly maxPayloadBytes: number
}

export interface SweepOptions {
  /** Records with `purgeAt <= cutoff` are due. */
  readonly cutoff: Millis
  /** At most so many records are removed in this call. */
  readonly limit: number
  /** The call returns soon after so many milliseconds. */
  readonly budgetMs: number
  readonly cursor?: string | undefined
}

export interface SweepResult {
  readonly removed: number
  /** Records that were looked at as due; those that were not removed had been renewed meanwhile, or could not be. */
  readonly examined: number
  readonly cursor?: string | undefined
}

export interface ListQuery {
  readonly owner?: string | undefined
  /** At most so many records in the page. */
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface ListPage {
  readonly sessions: readonly ListedSession[]
  readonly cursor?: string | undefined
}
