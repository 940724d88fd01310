import type { Clock, Millis } from '../clock.ts'
import { isLive } from '../expiry.ts'
import { mintVersion } from '../ids.ts'
import type { StoreCaller } from '../records/store-caller.ts'
import type { SessionId, StoredSession } from '../store.ts'

/** Of three renewals in the time of a lease, one may fail and one may come late. */
const RENEWALS = 3

export interface LeaseSpans {
  readonly leaseMs: Millis
  /** For how long an expired lease is kept, as sessions are. */
  readonly graceMs: Millis
}

/** A term that has been asked for: the record as written, and when it was, by the clock that never jumps. */
export interface Term {
  readonly record: StoredSession
  readonly since: number
}

/**
 * A lease that was taken, renewed until it is released. Each renewal is a write of another version, so that whoever
 * found the lease expired, and is about to take it, is too late.
 */
export class Lease {
  readonly #store: StoreCaller
  readonly #clock: Clock
  readonly #spans: LeaseSpans
  #term: Term
  /** A renewal that is under way, or whose outcome is unknown: then it is repeated as it is, and counts once. */
  #attempted: Term | undefined
  #isLost = false
  #isReleased = false
  #cancel = () => {}

  constructor(store: StoreCaller, clock: Clock, spans: LeaseSpans, term: Term) {
    this.#store = store
    this.#clock = clock
    this.#spans = spans
    this.#term = term
    this.#schedule()
  }

  /**
   * False for good once others may have taken it. Both clocks count: the wall clock is what others go by, and it may be
   * set back here; the monotonic one stands still while the machine is suspended.
   */
  get isHeld(): boolean {
    const { record, since } = this.#term
    const isCurrent =
      isLive(Math.floor(this.#clock.now()), record.expiresAt) && this.#clock.monotonic() - since < this.#spans.leaseMs
    this.#isLost ||= !isCurrent
    return !this.#isLost && !this.#isReleased
  }

  /**
   * Lets the next one in. A release that fails is none that its caller could do something about: the lease expires. It
   * is never destroyed, since by now it may be somebody else's.
   */
  async release(): Promise<void> {
    this.#isReleased = true
    this.#cancel()
    // An instant that has passed by everybody's clock.
    const released = { ...this.#term.record, version: mintVersion(), expiresAt: 0 }
    try {
      const answer = await this.#store.update(released, this.#term.record.version)
      if (answer === 'conflict' && this.#attempted) await this.#store.update(released, this.#attempted.record.version)
    } catch {}
  }

  #schedule(): void {
    this.#cancel = this.#clock.setTimer(() => void this.#renew(), Math.floor(this.#spans.leaseMs / RENEWALS))
  }

  async #renew(): Promise<void> {
    if (!this.isHeld) return
    this.#attempted ??= termFromNow(this.#term.record.id, this.#clock, this.#spans)
    try {
      const answer = await this.#store.update(this.#attempted.record, this.#term.record.version)
      if (answer === 'saved') {
        this.#term = this.#attempted
        this.#attempted = undefined
      } else this.#isLost = true
    } catch {
      // Listeners have been told; there is time for another attempt, or the lease runs out.
    }
    if (this.isHeld) this.#schedule()
  }
}

/** A lease from now on. The clocks are read before the write, which may take its time. */
export function termFromNow(id: SessionId, clock: Clock, { leaseMs, graceMs }: LeaseSpans): Term {
  const expiresAt = Math.floor(clock.now()) + leaseMs
  return {
    record: { id, version: mintVersion(), payload: '{}', owner: null, expiresAt, purgeAt: expiresAt + graceMs },
    since: clock.monotonic(),
  }
}
