import { expectAbsent, expectAnswer } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { sweptPurge } from './needs.ts'
import { sweepAll } from './sweeping.ts'

export const dueAtOnceRules: readonly Rule[] = [
  {
    id: 'GRACE-013',
    level: 'MUST',
    tier: 'core',
    title: 'sweep removes a record that was due when it was created',
    why: 'What is left of its lifetime is 0, or less, and `if (!ttl)` takes that for "for ever" (bentocache).',
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const now = ctx.clock.now()
      for (const purgeAt of [now, now - 1, 0]) {
        const session = ctx.session({ expiresAt: purgeAt, purgeAt })
        await expectAnswer(store.create(session), 'created', 'create of a record that is due')
        await sweepAll(store, now)
        await expectAbsent(store, session.id, 'sweep left a record that was due when it was created')
      }
    },
  },
]
