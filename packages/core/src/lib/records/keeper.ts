import { setTimeout as delay } from 'node:timers/promises'
import type { Millis } from '../clock.ts'
import type { DataFormat } from '../data/data-format.ts'
import type { SealedSnapshot, Snapshot } from '../envelope.ts'
import { LeewayError } from '../errors.ts'
import { publish } from '../events.ts'
import { isLive, isPurged, isTouchDue, lifetimeAt } from '../expiry.ts'
import { mintVersion } from '../ids.ts'
import type { SessionId, SessionStore, Version } from '../store.ts'
import { type Draft, holds, laterOf, read, record, successor } from './snapshot.ts'
import { StoreCaller } from './store-caller.ts'
import { Turns } from './turns.ts'

export interface KeeperOptions {
  readonly store: SessionStore
  readonly format: DataFormat
  readonly now: () => Millis
  readonly graceMs: Millis
  readonly touchIntervalMs: Millis
  readonly updateTimeoutMs: Millis
}

/** Computes a write from what is stored now; called again after every conflict. `undefined`: nothing to write. */
export type Change = (current: Snapshot, now: Millis) => Draft | undefined

export type Outcome =
  | { readonly status: 'saved'; readonly snapshot: Snapshot }
  /** `isBeaten`: somebody else has written the record since. */
  | { readonly status: 'unchanged'; readonly snapshot: Snapshot; readonly isBeaten?: true }
  | { readonly status: 'superseded' | 'gone' }

export type Extended = Outcome | { readonly status: 'touched'; readonly snapshot: Snapshot }

export type Found =
  | { readonly status: 'live' | 'expired'; readonly snapshot: SealedSnapshot }
  | { readonly status: 'unknown'; readonly error?: undefined }
  | { readonly status: 'undecodable'; readonly error: LeewayError }

const LONGEST_BACKOFF_MS = 64

/**
 * The rules by which records live and change, over any store: expired records are not served, a write is a
 * compare-and-set that is computed again after a conflict, a write whose answer was lost is looked up and never applied
 * twice, and a record that has gone stays gone.
 */
export class RecordKeeper {
  readonly now: () => Millis
  readonly graceMs: Millis
  readonly #store: StoreCaller
  readonly #format: DataFormat
  readonly #mayLose: boolean
  readonly #touchIntervalMs: Millis
  readonly #updateTimeoutMs: Millis
  readonly #turns = new Turns<Snapshot>()

  constructor(options: KeeperOptions) {
    this.now = options.now
    this.graceMs = options.graceMs
    this.#store = new StoreCaller(options.store)
    this.#format = options.format
    this.#mayLose = options.store.capabilities.failover === 'may-lose-acknowledged-writes'
    this.#touchIntervalMs = options.touchIntervalMs
    this.#updateTimeoutMs = options.updateTimeoutMs
  }

  /** The record, its data still sealed, if its expiry and its absolute end both lie ahead. */
  async find(id: SessionId): Promise<Found> {
    const stored = await this.#store.load(id)
    if (!stored) return { status: 'unknown' }
    const snapshot = read(stored)
    if (!snapshot) return { status: 'undecodable', error: notOurs(id, 'load') }
    const live = isLive(this.now(), Math.min(snapshot.expiresAt, snapshot.header.absoluteAt))
    return { status: live ? 'live' : 'expired', snapshot }
  }

  /** Stores a new record. `exists` where the id is taken; a write whose answer was lost is looked up. */
  async insert(id: SessionId, draft: Draft): Promise<Snapshot | 'exists'> {
    const created: Snapshot = {
      id,
      version: mintVersion(),
      ...draft,
      ...lifetimeAt(this.now(), draft.header, this.graceMs),
    }
    try {
      if ((await this.#store.create(record(created, this.#format))) === 'exists') return 'exists'
    } catch (error) {
      if (!(await this.#landed(created))) throw error
    }
    publish('leeway:session:create', () => ({ id, owner: created.owner }))
    return created
  }

  /**
   * Writes what `change` makes of the record, starting from `from` and again from what is stored after each conflict.
   * @param onLost told of a write whose outcome is unknown before the error is passed on
   * @throws `ERR_UPDATE_TIMEOUT` after `updateTimeoutMs` of conflicts, what `change` throws, and store errors
   */
  commit(from: Snapshot, operation: string, change: Change, onLost?: (lost: Snapshot) => void): Promise<Outcome> {
    return this.#turns.run(from.id, async (left, leave) => {
      // What the turn before left may be older than what this request loaded, if another process wrote in between.
      const start = left && left.header.epoch >= from.header.epoch && !holds(from, left.version) ? left : from
      const outcome = await this.#compareAndSet(from, start, operation, change, onLost)
      if ('snapshot' in outcome) leave(outcome.snapshot)
      if (outcome.status === 'gone') publish('leeway:session:gone', () => ({ id: from.id, operation }))
      if (outcome.status === 'saved')
        publish('leeway:session:save', () => ({ id: from.id, owner: outcome.snapshot.owner }))
      return outcome
    })
  }

  async #compareAndSet(
    from: Snapshot,
    start: Snapshot,
    operation: string,
    change: Change,
    onLost?: (lost: Snapshot) => void,
  ): Promise<Outcome> {
    const deadline = performance.now() + this.#updateTimeoutMs
    let current = start
    let isFresh = false
    for (let attempts = 1; ; attempts++) {
      const now = this.now()
      if (isPurged(now, current.purgeAt)) {
        // Somebody may have renewed it; if not, a store that dropped it and one that still has the bytes answer alike.
        const found = await this.#reload(from, operation)
        if (!found || isPurged(now, found.purgeAt)) return { status: 'gone' }
        current = found
        isFresh = true
      }
      if (current.header.epoch !== from.header.epoch) return { status: 'superseded' }
      const { draft, refuse } = decide(change, current, now)
      if (!draft) {
        // No write will tell whether this was decided on what is stored now.
        const found = isFresh ? current : await this.#reload(from, operation)
        if (!found) return { status: 'gone' }
        if (found.version === current.version) return refuse ? refuse() : { status: 'unchanged', snapshot: found }
        current = found
        isFresh = true
        continue
      }
      const next = successor(current, draft, lifetimeAt(now, draft.header, this.graceMs))
      const answer = await this.#update(next, current.version, onLost)
      if (answer === 'saved') return { status: 'saved', snapshot: next }
      if (answer === 'gone') return { status: 'gone' }
      publish('leeway:session:conflict', () => ({ id: from.id, attempts }))
      let found = await this.#reload(from, operation)
      if (!found) return { status: 'gone' }
      // What others wrote on top, a login perhaps, is for this handle's next write to meet as usual.
      if (holds(found, next.version)) return { status: 'saved', snapshot: next }
      if (performance.now() >= deadline) {
        throw new LeewayError('ERR_UPDATE_TIMEOUT', `other writers were first, ${attempts} times in a row`, {
          operation,
          id: from.id,
        })
      }
      if (attempts > 1) {
        await delay(Math.random() * Math.min(2 ** attempts, LONGEST_BACKOFF_MS))
        // What was read before the pause is most likely out of date by now, and would lose again.
        found = await this.#reload(from, operation)
        if (!found) return { status: 'gone' }
      }
      current = found
      isFresh = true
    }
  }

  /** Extends the record's life if an extension is due. A conflict means that somebody renewed it already. */
  async touch(snapshot: Snapshot): Promise<Extended> {
    const now = this.now()
    let current = snapshot
    if (isPurged(now, snapshot.purgeAt)) {
      const found = await this.#reload(snapshot, 'touch')
      if (!found || isPurged(now, found.purgeAt)) return this.#gone(snapshot.id)
      if (found.header.epoch !== snapshot.header.epoch) return { status: 'superseded' }
      current = found
    }
    const lifetime = lifetimeAt(now, current.header, this.graceMs)
    if (!isTouchDue(now, current.expiresAt, lifetime.expiresAt, this.#touchIntervalMs)) {
      return { status: 'unchanged', snapshot: current }
    }
    const { id, version, owner } = current
    const answer = await this.#store.touch({ id, version, owner }, lifetime)
    if (answer === 'gone') return this.#gone(id)
    if (answer === 'conflict') return { status: 'unchanged', snapshot: current, isBeaten: true }
    return { status: 'touched', snapshot: { ...current, ...laterOf(current, lifetime) } }
  }

  async destroy(id: SessionId, owner: string | null): Promise<'destroyed' | 'gone'> {
    const answer = await this.#store.destroy(id)
    if (answer === 'destroyed') publish('leeway:session:destroy', () => ({ id, owner }))
    return answer
  }

  #gone(id: SessionId): { status: 'gone' } {
    publish('leeway:session:gone', () => ({ id, operation: 'touch' }))
    return { status: 'gone' }
  }

  async #update(next: Snapshot, expected: Version, onLost?: (lost: Snapshot) => void) {
    try {
      return await this.#store.update(record(next, this.#format), expected)
    } catch (error) {
      if (await this.#landed(next)) return 'saved'
      onLost?.(next)
      throw error
    }
  }

  /**
   * Whether a write that failed without an answer has been applied. If that cannot be told, it counts as not. Where a
   * failover may lose what is found there, a touch that changes nothing asks for what the lost answer would have
   * confirmed.
   */
  async #landed(attempted: Snapshot): Promise<boolean> {
    try {
      const stored = await this.#store.load(attempted.id)
      const found = stored && read(stored)
      if (stored === undefined || found === undefined || !holds(found, attempted.version)) return false
      return !this.#mayLose || (await this.#store.touch(stored, stored)) === 'touched'
    } catch {
      return false
    }
  }

  async #reload({ id, header }: Snapshot, operation: string): Promise<Snapshot | undefined> {
    const stored = await this.#store.load(id)
    const snapshot = stored && read(stored)
    if (stored && !snapshot) throw notOurs(id, operation)
    // What a framework has begun under the same id since is another record, and nothing of this one belongs in it.
    if (snapshot?.header.createdAt !== header.createdAt) return undefined
    return this.#format.open(snapshot, operation)
  }
}

function notOurs(id: SessionId, operation: string): LeewayError {
  return new LeewayError('ERR_INVALID_RECORD', 'the stored session is not one that leeway wrote', { operation, id })
}

/** What `change` makes of the record. An error of its own is thrown by `refuse`, once it is known to be up to date. */
function decide(change: Change, current: Snapshot, now: Millis): { draft?: Draft | undefined; refuse?: () => never } {
  try {
    return { draft: change(current, now) }
  } catch (error) {
    return {
      refuse: () => {
        throw error
      },
    }
  }
}
