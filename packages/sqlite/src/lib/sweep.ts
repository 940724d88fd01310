import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { SweepOptions, SweepResult } from '@leeway/core/adapter'
import { isBusy, isDamage, storeFailed, storeTimeout } from './failures.ts'
import { pauseMs } from './waiting.ts'

const FIRST_BOUND = 50
/** What one statement should take: the event loop stands still for so long. */
const STATEMENT_MS = 3
const STRAIN_MS = 5
/** So many damaged records in one sweep are a damaged file. */
const DAMAGED_RECORDS = 100

interface Sweepable {
  /** Removes at most `limit` records that are due, without the first `skip`, in one statement, and counts them. */
  remove(cutoff: number, limit: number, skip: number): number
  /** Whether the disk has so much to do that a sweep, which is in no hurry, should wait. */
  strained(): boolean
  readonly busyTimeoutMs: number
}

/**
 * Sweeps one store, one small statement in each turn of the event loop. How much a statement may remove follows the time
 * that the last ones took, from sweep to sweep as well.
 */
export class Sweeper {
  readonly #store: Sweepable
  #bound = FIRST_BOUND

  constructor(store: Sweepable) {
    this.#store = store
  }

  async sweep({ cutoff, limit, budgetMs, cursor }: SweepOptions): Promise<SweepResult> {
    const deadline = performance.now() + budgetMs
    // What is due is found by its index, so the only place to resume at is behind what cannot be removed.
    const passed = Math.max(0, Math.trunc(Number(cursor ?? 0)) || 0)
    let removed = 0
    let damaged = 0
    for (let more = true; more; ) {
      const bound = Math.min(this.#bound, limit - removed)
      try {
        const swept = await this.#step(cutoff, bound, passed + damaged, deadline)
        removed += swept ?? 0
        more = swept === undefined || swept === bound
      } catch (error) {
        if (!isDamage(error) || damaged >= DAMAGED_RECORDS) throw storeFailed(error, 'sweep')
        // One at a time until it is found, then on behind it.
        if (bound === 1) damaged++
        this.#bound = 1
      }
      if (removed >= limit || performance.now() >= deadline) {
        const resumeAt = String(passed + damaged)
        return { removed, examined: removed + damaged, cursor: more ? resumeAt : undefined }
      }
      await this.#breathe(deadline)
    }
    return { removed, examined: removed + damaged, cursor: undefined }
  }

  /** Undefined where the database stayed busy until the deadline. */
  async #step(cutoff: number, bound: number, skip: number, deadline: number): Promise<number | undefined> {
    const since = performance.now()
    for (let attempts = 0; ; attempts++) {
      const startedAt = performance.now()
      try {
        const removed = this.#store.remove(cutoff, bound, skip)
        this.#adapt(bound, removed, performance.now() - startedAt)
        return removed
      } catch (error) {
        if (!isBusy(error)) throw error
        const now = performance.now()
        if (now - since >= this.#store.busyTimeoutMs) throw storeTimeout(error, this.#store.busyTimeoutMs, 'sweep')
        if (now >= deadline) return undefined
        await sleep(pauseMs(attempts))
      }
    }
  }

  async #breathe(deadline: number): Promise<void> {
    await turn()
    while (this.#store.strained() && performance.now() < deadline) await sleep(STRAIN_MS)
  }

  #adapt(bound: number, removed: number, tookMs: number): void {
    if (tookMs > STATEMENT_MS) this.#bound = Math.max(1, Math.floor((bound * STATEMENT_MS) / tookMs))
    else if (removed === this.#bound && tookMs < STATEMENT_MS / 2) this.#bound = Math.ceil(this.#bound * 1.25)
  }
}
