import { describeError } from '../engine/expect.ts'

/** Errors that no call of the store gave to anybody: a rejection without a handler, an event without a listener. */
export interface Strays {
  readonly told: readonly string[]
  stop(): void
}

/** Node would end the process for one, and the verdict with it. */
export function catchStrays(): Strays {
  const told: string[] = []
  const keep = (error: unknown) => void told.push(describeError(error))
  process.on('unhandledRejection', keep)
  process.on('uncaughtException', keep)
  return {
    told,
    stop() {
      process.off('unhandledRejection', keep)
      process.off('uncaughtException', keep)
    },
  }
}
