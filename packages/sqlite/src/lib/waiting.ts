import { setTimeout as sleep } from 'node:timers/promises'
import { isBusy, storeFailed, storeTimeout } from './failures.ts'

const LONGEST_PAUSE_MS = 25

/** How long to pause before the attempt after `attempts` busy ones: growing, and jittered so that waiters do not march in step. */
export function pauseMs(attempts: number): number {
  return Math.max(1, Math.min(LONGEST_PAUSE_MS, 2 ** attempts) * (0.5 + Math.random() / 2))
}

/** Goes on with a step that has just met `error`: pauses and repeats it for as long as the database is busy. */
export async function repeatWhileBusy<T>(
  step: () => T,
  error: unknown,
  busyTimeoutMs: number,
  operation: string,
  id?: string,
): Promise<T> {
  const since = performance.now()
  for (let attempts = 0, failure = error; ; attempts++) {
    if (!isBusy(failure)) throw storeFailed(failure, operation, id)
    if (performance.now() - since >= busyTimeoutMs) throw storeTimeout(failure, busyTimeoutMs, operation, id)
    await sleep(pauseMs(attempts))
    try {
      return step()
    } catch (again) {
      failure = again
    }
  }
}

/** The same for opening, which is synchronous. */
export function repeatWhileBusySync<T>(step: () => T, busyTimeoutMs: number, operation: string): T {
  const since = performance.now()
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let attempts = 0; ; attempts++) {
    try {
      return step()
    } catch (error) {
      if (!isBusy(error)) throw error
      if (performance.now() - since >= busyTimeoutMs) throw storeTimeout(error, busyTimeoutMs, operation)
      Atomics.wait(pause, 0, 0, pauseMs(attempts))
    }
  }
}
