import type { Snapshot } from '../envelope.ts'
import { type ErrorCode, isLeewayError } from '../errors.ts'
import type { Change, Outcome } from '../records/keeper.ts'
import type { Writer } from '../records/record-types.ts'
import type { SessionId, Version } from '../store.ts'
import { lockLost } from './lock-errors.ts'

const BEATEN: readonly ErrorCode[] = ['ERR_NEWER_DATA', 'ERR_UPDATE_TIMEOUT']

/**
 * Writes for an exclusive caller: nothing after its lease, and nothing on top of a version that is not its own. Leases
 * alone would not do: a process may stand still between its look at the clock and its write.
 */
export class FencedWriter implements Writer {
  readonly #writer: Writer
  readonly #isHeld: () => boolean
  /** Versions of writes whose outcome is unknown: found in the store, they are this caller's own. */
  readonly #attempted = new Set<Version>()

  constructor(writer: Writer, isHeld: () => boolean) {
    this.#writer = writer
    this.#isHeld = isHeld
  }

  async commit(from: Snapshot, operation: string, change: Change, onLost?: (lost: Snapshot) => void): Promise<Outcome> {
    this.#assertHeld(operation, from.id)
    const fenced: Change = (current, now) => {
      this.#assertHeld(operation, from.id)
      if (!this.#isOwn(current, from)) throw lockLost(operation, from.id)
      return change(current, now)
    }
    const noted = (lost: Snapshot) => {
      this.#attempted.add(lost.version)
      onLost?.(lost)
    }
    try {
      const outcome = await this.#writer.commit(from, operation, fenced, noted)
      if (outcome.status !== 'superseded') return outcome
    } catch (error) {
      // Beaten all the same: by a newer release, or by a store so slow that there was no time to compute the write again.
      if (!isLeewayError(error) || !BEATEN.includes(error.code)) throw error
    }
    throw lockLost(operation, from.id)
  }

  async touch(snapshot: Snapshot): ReturnType<Writer['touch']> {
    this.#assertHeld('touch', snapshot.id)
    const outcome = await this.#writer.touch(snapshot)
    if (outcome.status === 'gone') return outcome
    // By whom a look at the record tells: it may have been a write of this caller whose answer was lost.
    if (outcome.status === 'unchanged' && outcome.isBeaten) return this.commit(snapshot, 'save', () => undefined)
    if (!('snapshot' in outcome && this.#isOwn(outcome.snapshot, snapshot))) throw lockLost('save', snapshot.id)
    return outcome
  }

  #isOwn({ version }: Snapshot, from: Snapshot): boolean {
    return version === from.version || this.#attempted.has(version)
  }

  #assertHeld(operation: string, id: SessionId): void {
    if (!this.#isHeld()) throw lockLost(operation, id)
  }
}
