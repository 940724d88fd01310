import { assertKnownOptions } from '../adapter/checks.ts'
import type { Millis } from '../clock.ts'
import { LeewayError } from '../errors.ts'
import { LONGEST_TIMER_MS } from '../timeouts.ts'

export interface ExclusiveOptions {
  /** How long to wait for others who have the session to themselves; 0 does not wait. Default 10,000. */
  readonly waitMs?: Millis
  /**
   * How long the others have to wait where this process dies or stands still; it is renewed while the callback runs.
   * At least 1,000, and more than the clocks of two machines differ. Default 5,000.
   */
  readonly leaseMs?: Millis
}

/** A shorter lease would end while the process collects its garbage. */
const SHORTEST_LEASE_MS = 1_000

/** @throws `ERR_INVALID_OPTION` */
export function checkedExclusiveOptions(options: ExclusiveOptions): Required<ExclusiveOptions> {
  assertKnownOptions(options, ['waitMs', 'leaseMs'], 'exclusive')
  const { waitMs = 10_000, leaseMs = 5_000 } = options
  assertWithin(waitMs, 'waitMs', 0)
  assertWithin(leaseMs, 'leaseMs', SHORTEST_LEASE_MS)
  return { waitMs, leaseMs }
}

function assertWithin(value: unknown, name: string, least: number): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= LONGEST_TIMER_MS) return
  throw new LeewayError(
    'ERR_INVALID_OPTION',
    `${name} must be a whole number of milliseconds from ${least} to ${LONGEST_TIMER_MS}`,
    { operation: 'exclusive' },
  )
}
