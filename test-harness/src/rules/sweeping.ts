import type { SessionStore, SweepOptions } from '@leeway/core/adapter'
import { answerOf, expectThat } from '../engine/expect.ts'

/** More calls than any rule leaves work for: a sweep that still hands out cursors will never end. */
const MOST_CALLS = 1_000

export interface SweepTotals {
  readonly removed: number
  readonly examined: number
  readonly calls: number
}

/** Sweeps until no cursor is left, as core's sweeper does. */
export async function sweepAll(
  store: SessionStore,
  cutoff: number,
  options: Partial<SweepOptions> = {},
): Promise<SweepTotals> {
  let totals: SweepTotals = { removed: 0, examined: 0, calls: 0 }
  const { limit = 1_000, budgetMs = 10_000 } = options
  let { cursor } = options
  do {
    const result = await answerOf(store.sweep({ cutoff, limit, budgetMs, cursor }), 'sweep')
    expectThat(result.removed <= limit, `sweep removed more than its limit of ${limit}`, result.removed)
    totals = {
      removed: totals.removed + result.removed,
      examined: totals.examined + result.examined,
      calls: totals.calls + 1,
    }
    expectThat(totals.calls < MOST_CALLS, 'sweep handed out a cursor again and again: it never comes to an end')
    cursor = result.cursor
  } while (cursor !== undefined)
  return totals
}
