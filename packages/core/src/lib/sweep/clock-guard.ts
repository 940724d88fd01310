import type { Clock, Millis } from '../clock.ts'
import { LeewayError } from '../errors.ts'

/**
 * Sweeping is the one thing that a wrong clock turns into a loss: a wall clock that has jumped ahead by more than the
 * grace makes sessions in use look long gone. A jump shows as wall time and monotonic time drifting apart. Half a grace
 * is taken as a jump; sweeping starts again after the clock has been steady for a whole grace, so that a machine that
 * was suspended, or whose clock was corrected, does not stop sweeping for good (Jetty #12705).
 */
export class ClockGuard {
  readonly #clock: Clock
  readonly #graceMs: Millis
  #offset: number
  /** The offset before the jump that is not trusted yet. */
  #trusted: number
  #distrustedUntil = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, graceMs: Millis) {
    this.#clock = clock
    this.#graceMs = graceMs
    this.#offset = clock.now() - clock.monotonic()
    this.#trusted = this.#offset
  }

  /** @throws `ERR_CLOCK_JUMP` while the wall clock is not to be trusted with deleting. */
  assertSteady(): void {
    const elapsed = this.#clock.monotonic()
    const offset = this.#clock.now() - elapsed
    const tolerance = this.#graceMs / 2
    if (offset - this.#offset > tolerance) {
      if (elapsed >= this.#distrustedUntil) this.#trusted = this.#offset
      this.#distrustedUntil = elapsed + this.#graceMs
    } else if (offset - this.#trusted <= tolerance) {
      // The jump was taken back, and not only a part of it.
      this.#distrustedUntil = Number.NEGATIVE_INFINITY
    }
    this.#offset = offset
    if (elapsed < this.#distrustedUntil) {
      throw new LeewayError(
        'ERR_CLOCK_JUMP',
        'the wall clock has jumped ahead; nothing is swept until it has been steady for the grace',
        {
          operation: 'sweep',
        },
      )
    }
  }
}
