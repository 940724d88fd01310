import type { SessionId, Version } from '@leeway/core/adapter'
import type { Seen } from './records.ts'

const KEPT = 4_096

/**
 * The names of the records that were seen last, so that a request that saves what it has just loaded need not look again.
 * They may be out of date, as whatever was seen may be: then the rename of the exact name finds nothing.
 */
export class Recent {
  readonly #seen = new Map<SessionId, Seen>()

  add(id: SessionId, seen: Seen): void {
    this.#seen.delete(id)
    this.#seen.set(id, seen)
    if (this.#seen.size > KEPT) this.#seen.delete(this.#seen.keys().next().value ?? '')
  }

  /** What was seen of this version; whoever comes next looks for himself. */
  take(id: SessionId, version: Version): Seen | undefined {
    const seen = this.#seen.get(id)
    this.#seen.delete(id)
    return seen?.payload.version === version ? seen : undefined
  }
}
