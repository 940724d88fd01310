import { expect } from 'vitest'
import { COMMAND_TIMEOUT_MS } from './contestants.ts'
import type { Row } from './row.ts'

/** Of the timers, on top of what this process was held up by. */
const MARGIN_MS = 50

/** What holds whatever happens to the servers, also where a failure may lose writes. */
export function expectTrueAnswers(row: Row): void {
  expect(row.acknowledged, row.mode).toBe(row.kept + row.lost + row.resurrected)
  expect(row, row.mode).toMatchObject({ falselyAbsent: 0, stale: 0 })
  expectWithinDeadline(row)
}

/** A call that is due is ended at the next two turns of the event loop. */
export function expectWithinDeadline(row: Row): void {
  expect(row.longestMs, row.mode).toBeLessThan(COMMAND_TIMEOUT_MS + 2 * row.stoodStillMs + MARGIN_MS)
}

export function expectNothingLost(row: Row): void {
  expect(row, row.mode).toMatchObject({
    kept: row.acknowledged,
    lost: 0,
    resurrected: 0,
    trulyAbsent: 0,
    unclear: 0,
    unlisted: 0,
  })
}
