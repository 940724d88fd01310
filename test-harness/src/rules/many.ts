import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { expectAnswer } from '../engine/expect.ts'

/** More than the pages that backends give out: 100 here, 1,000 there. */
export const MANY = 1_160
/** A slow store is asked for no more than so many, once so many real milliseconds have passed. */
const LEAST = 200
const LONGEST_MS = 700
/** Creates that are under way at once. */
const AT_ONCE = 50

/** Creates the records, or as many as there is time for. Returns those that are stored. */
export async function createMany(
  ctx: RuleContext,
  store: SessionStore,
  sessions: readonly StoredSession[],
): Promise<readonly StoredSession[]> {
  const started = performance.now()
  let stored = 0
  while (stored < sessions.length && (stored < LEAST || performance.now() - started < LONGEST_MS)) {
    const some = sessions.slice(stored, stored + AT_ONCE)
    await Promise.all(some.map((session) => expectAnswer(store.create(session), 'created', 'create')))
    stored += some.length
  }
  ctx.count('records', stored)
  return sessions.slice(0, stored)
}
