import type { Clock, Millis } from '../clock.ts'
import { isLive } from '../expiry.ts'
import { leaseId } from '../ids.ts'
import type { StoreCaller } from '../records/store-caller.ts'
import type { SessionId, StoredSession, Version } from '../store.ts'
import { Lease, type LeaseSpans, termFromNow } from './lease.ts'

const LONGEST_PAUSE_MS = 64

/** Leases of sessions: records through the store's own contract, taken only where there is none or an expired one. */
export class Leases {
  readonly #store: StoreCaller
  readonly #clock: Clock
  readonly #graceMs: Millis

  constructor(store: StoreCaller, clock: Clock, graceMs: Millis) {
    this.#store = store
    this.#clock = clock
    this.#graceMs = graceMs
  }

  /**
   * Tries until it has the lease; `undefined` where somebody else has it still at `deadline`, by the monotonic clock.
   * @throws store errors. If it cannot be told whether the lease was taken then, it is nobody's until it expires.
   */
  async take(sessionId: SessionId, leaseMs: Millis, deadline: number): Promise<Lease | undefined> {
    const id = leaseId(sessionId)
    const spans: LeaseSpans = { leaseMs, graceMs: this.#graceMs }
    for (let attempts = 1; ; attempts++) {
      const stored = await this.#store.load(id)
      // Not the clock that never runs back: after one wrong time all its leases would lie ahead of everybody's.
      const now = Math.floor(this.#clock.now())
      const isTaken = stored !== undefined && isLive(now, stored.expiresAt)
      if (!isTaken) {
        const term = termFromNow(id, this.#clock, spans)
        if (await this.#write(term.record, stored?.version)) return new Lease(this.#store, this.#clock, spans, term)
      }
      const left = deadline - this.#clock.monotonic()
      if (left <= 0) return undefined
      const pause = (0.5 + Math.random() / 2) * Math.min(2 ** attempts, LONGEST_PAUSE_MS)
      await this.#pause(Math.ceil(Math.min(pause, left, isTaken ? stored.expiresAt - now : pause)))
    }
  }

  async #write(record: StoredSession, expected: Version | undefined): Promise<boolean> {
    try {
      const answer =
        expected === undefined ? await this.#store.create(record) : await this.#store.update(record, expected)
      return answer === 'created' || answer === 'saved'
    } catch (error) {
      if (await this.#landed(record)) return true
      throw error
    }
  }

  /** Whether a write that failed without an answer has been applied. If that cannot be told, it counts as not. */
  async #landed({ id, version }: StoredSession): Promise<boolean> {
    try {
      return (await this.#store.load(id))?.version === version
    } catch {
      return false
    }
  }

  async #pause(delayMs: Millis): Promise<void> {
    // A clock's timer keeps no process alive, and here somebody waits for it.
    const alive = setInterval(() => {}, 2 ** 30)
    await new Promise<void>((resolve) => this.#clock.setTimer(resolve, delayMs))
    clearInterval(alive)
  }
}
