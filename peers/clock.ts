import type { Clock } from '../packages/core/src/adapter.ts'

const RealDate = Date
let followed: Pick<Clock, 'now'> | undefined

/** Reads the clock that is followed, wherever code without a clock of its own asks for the time. */
class FollowingDate extends RealDate {
  constructor(...given: [] | [string | number | Date]) {
    if (given.length === 0) super(FollowingDate.now())
    else super(...given)
  }

  static override now(): number {
    return followed ? followed.now() : RealDate.now()
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof RealDate
  }
}

/** Peers read `Date`. From now on it stands and moves with this clock, until `unfollow`. Timers are real. */
export function follow(clock: Pick<Clock, 'now'>): void {
  followed = clock
  globalThis.Date = FollowingDate as DateConstructor
}

export function unfollow(): void {
  followed = undefined
  globalThis.Date = RealDate
}
