import type { ManualClock } from './manual-clock.ts'
import { settled } from './testing-stores.ts'

export const LEASE = 5_000
/** The longest pause between two looks at a lease that others have. */
export const PAUSE = 64

/** Lets time pass, a look at the lease at a time, until the promise has settled. Resolves with how long that took. */
export async function untilSettled(clock: ManualClock, promise: Promise<unknown>): Promise<number> {
  let isSettled = false
  const note = () => {
    isSettled = true
  }
  promise.then(note, note)
  const start = clock.monotonic()
  for (await settled(); !isSettled; await settled()) clock.advance(1)
  return clock.monotonic() - start
}

/** A callback that stays until it is told to go, and how many such there have been at once. */
export class Visits {
  most = 0
  inside = 0
  readonly order: string[] = []

  async stay<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.order.push(name)
    this.most = Math.max(this.most, ++this.inside)
    try {
      return await work()
    } finally {
      this.inside--
    }
  }
}
