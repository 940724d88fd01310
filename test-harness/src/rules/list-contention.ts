import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import { answerOf } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { noSuchCase } from '../engine/settings.ts'
import { runInterrupted } from './interruptions.ts'
import { expectView, type ListView } from './list-views.ts'
import { listAll } from './listing.ts'
import { listing } from './needs.ts'
import { type Operation, predict } from './operations.ts'

/** More than a list of four records makes calls. */
const MOST = 60
const LIMIT = 2
/** The one case that there is. */
const CASE = `none-${MOST}`

export const listContentionRules: readonly Rule[] = [
  {
    id: 'STEP-042',
    level: 'MUST',
    tier: 'concurrent',
    title:
      'list misses no record, and shows none that was not there, however often it changes between its backend calls',
    why: 'A list that leaves out what is different at every look leaves out the sessions that are in use.',
    needs: listing,
    async check(ctx) {
      const { only = CASE } = ctx.settings
      if (only !== CASE) noSuchCase(only)
      const stored = ctx.session({ owner: 'user-1' })
      const others = ['user-1', 'user-1', 'user-2'].map((owner) => ctx.session({ owner }))
      const states: StoredSession[] = [stored]
      const changes = Array.from({ length: MOST }, (_, n): Operation => {
        const seen = states.at(-1) ?? stored
        const lifetime = { expiresAt: seen.expiresAt + 1_000, purgeAt: seen.purgeAt + 1_000 }
        const change: Operation =
          n % 2 === 0
            ? { kind: 'touch', loaded: seen, lifetime }
            : { kind: 'update', session: ctx.successor(seen, lifetime), expected: seen.version }
        states.push(predict(seen, change)[1] ?? seen)
        return change
      })
      const views: ListView[] = []
      const run = async (handle: SessionStore): Promise<string> => {
        for (const query of [{ owner: 'user-1' }, {}]) {
          views.push({ query, states, listed: await listAll(handle, { ...query, limit: LIMIT }) })
        }
        return `listed ${views.map(({ listed }) => listed.length).join(' and ')}`
      }
      const store = await ctx.open()
      for (const session of [stored, ...others]) await answerOf(store.create(session), 'create')
      const { drawing } = await runInterrupted(ctx, 'default', { kind: 'list', run }, changes, { case: CASE })
      for (const view of views)
        expectView(view, others, 'list between whose calls a record changes', { case: CASE, drawing })
    },
  },
]
