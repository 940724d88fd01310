import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import { assertKnownOptions } from '../adapter/checks.ts'
import type { Clock, Millis } from '../clock.ts'
import { LeewayError } from '../errors.ts'
import { publish } from '../events.ts'
import { failure } from '../records/store-caller.ts'
import type { SessionStore, SweepResult } from '../store.ts'
import { assertSpan, LONGEST_TIMER_MS } from '../timeouts.ts'
import { ClockGuard } from './clock-guard.ts'

export interface SweepBatchOptions {
  /** At most so many records are removed before other work gets its turn. Default 500. */
  readonly limit?: number
  /** A batch ends soon after so many milliseconds. Default 50. */
  readonly budgetMs?: Millis
}

export interface SweeperOptions extends SweepBatchOptions {
  /** Milliseconds from the end of one sweep to the start of the next, give or take half. Default 60,000. */
  readonly intervalMs?: Millis
}

/** A sweep that repeats until it is stopped. */
export interface Sweeper {
  /** Lets a sweep under way finish, and starts no other. Idempotent. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** With its jitter it is the longest that a timer waits. */
const LONGEST_INTERVAL_MS = Math.floor(LONGEST_TIMER_MS / 1.5)

export type SweepCount = Pick<SweepResult, 'removed' | 'examined'>

/** Removes what is due, in batches, at the instants that somebody asks for: nothing here starts by itself. */
export class Sweeps {
  readonly #store: SessionStore
  readonly #clock: Clock
  readonly #guard: ClockGuard
  readonly #running = new Set<Sweeper>()

  constructor(store: SessionStore, clock: Clock, graceMs: Millis) {
    this.#store = store
    this.#clock = clock
    this.#guard = new ClockGuard(clock, graceMs)
  }

  /** One whole sweep. @throws `ERR_CLOCK_JUMP`, `ERR_INVALID_OPTION`, store errors */
  async sweep(options: SweepBatchOptions = {}): Promise<SweepCount> {
    const { limit, budgetMs } = checked(options)
    const count = { removed: 0, examined: 0 }
    const startedAt = this.#clock.monotonic()
    let error: unknown
    try {
      this.#guard.assertSteady()
      // Not the clock that never runs back: once it has read a wrong time, it would sweep by that for good.
      const cutoff = Math.floor(this.#clock.now())
      let cursor: string | undefined
      do {
        const result = await this.#batch({ cutoff, limit, budgetMs, cursor })
        count.removed += result.removed
        count.examined += result.examined
        cursor = result.cursor
        if (cursor !== undefined) await yieldToEventLoop()
      } while (cursor !== undefined)
      return count
    } catch (caught) {
      error = caught
      throw caught
    } finally {
      const durationMs = this.#clock.monotonic() - startedAt
      publish('leeway:sweep', () => ({ ...count, durationMs, ...(error !== undefined && { error }) }))
    }
  }

  /** Sweeps again and again, never two at once, whatever a sweep ends with. @throws `ERR_INVALID_OPTION` */
  start(options: SweeperOptions = {}): Sweeper {
    assertKnownOptions(options, ['intervalMs', 'limit', 'budgetMs'], 'startSweeper')
    const { intervalMs = 60_000, ...batch } = options
    assertSpan(intervalMs, 'intervalMs', 1, LONGEST_INTERVAL_MS)
    checked(batch)
    let stopped = false
    let cancel = () => {}
    let current: Promise<unknown> = Promise.resolve()
    const schedule = () => {
      // Jitter keeps the processes of a deployment from sweeping in step.
      cancel = this.#clock.setTimer(run, Math.round(intervalMs * (0.5 + Math.random())))
    }
    const run = () => {
      // A failed sweep has been published; the next one tries again.
      current = this.sweep(batch).catch(() => {})
      void current.then(() => {
        if (!stopped) schedule()
      })
    }
    const sweeper: Sweeper = {
      stop: async () => {
        stopped = true
        cancel()
        await current
        this.#running.delete(sweeper)
      },
      [Symbol.asyncDispose]: () => sweeper.stop(),
    }
    this.#running.add(sweeper)
    schedule()
    return sweeper
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running].map((sweeper) => sweeper.stop()))
  }

  async #batch(options: {
    cutoff: Millis
    limit: number
    budgetMs: number
    cursor: string | undefined
  }): Promise<SweepResult> {
    try {
      return await this.#store.sweep(options)
    } catch (error) {
      throw failure(error, 'sweep')
    }
  }
}

function checked(options: SweepBatchOptions): Required<SweepBatchOptions> {
  assertKnownOptions(options, ['limit', 'budgetMs'], 'sweep')
  const { limit = 500, budgetMs = 50 } = options
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new LeewayError('ERR_INVALID_OPTION', 'limit must be a whole number of at least 1', { operation: 'sweep' })
  }
  assertSpan(budgetMs, 'budgetMs')
  return { limit, budgetMs }
}
