import type { StoreErrorEvent } from '@leeway/core'

const AGAIN_AFTER_MS = 10_000

/** Tells a failure in a line, and one that goes on only now and then: while a store is out, every request fails. */
export function failureLog(tell: (line: string) => void, now = () => performance.now()) {
  const toldAt = new Map<string, number>()
  return ({ operation, code, error }: StoreErrorEvent): void => {
    const kind = `${operation} ${code}`
    if (now() - (toldAt.get(kind) ?? Number.NEGATIVE_INFINITY) < AGAIN_AFTER_MS) return
    toldAt.set(kind, now())
    tell(`sessions: ${operation} failed: ${code}: ${error instanceof Error ? error.message : error}`)
  }
}
