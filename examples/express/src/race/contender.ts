import type { ManualClock } from '@leeway/core/testing'

/** Load, process and save of a request; check and delete of a cleanup. */
export type Step = 'L' | 'P' | 'S' | 'C' | 'D'

/** What a contender is given: a clock that moves only between the steps, and a directory for its database. */
export interface Arena {
  readonly clock: ManualClock
  readonly directory: string
}

/** One way of keeping sessions, step by step, with one session stored. */
export interface Contender {
  /** Each does the step and tells what it answered. */
  readonly steps: Readonly<Record<Step, () => Promise<string>>>
  /** What a request that comes later reads. */
  readBack(): Promise<string | null>
  /** Whether the load was refused, so that the request began a new session. */
  refused(): boolean
  close(): Promise<void>
}

export const IDLE_MS = 30 * 60_000
