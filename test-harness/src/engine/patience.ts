/** How long, in real milliseconds, an operation may wait before the kit concludes that it waits for one that is held. */
const FIRST_MS = 250
/** The same, of a store that has been found to make operations wait so often that it has locks. */
const OF_LOCKS_MS = 40
const FOUND_OFTEN = 6

/**
 * What the kit has learnt of how a store makes operations wait, from one rule to the next. A disk that is slow for a
 * moment and a lock look alike; a lock is met again and again, and then need not be waited for as long.
 */
export class Patience {
  #found = 0

  get ms(): number {
    return this.#found < FOUND_OFTEN ? FIRST_MS : OF_LOCKS_MS
  }

  /** Whether what waits is taken to wait for a lock, and so will do again. */
  get expectsLocks(): boolean {
    return this.#found >= FOUND_OFTEN
  }

  /** An operation has been found waiting. */
  found(): void {
    this.#found++
  }
}
