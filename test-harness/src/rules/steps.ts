import type { StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import type { Need, Rule } from '../engine/rule.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'
import { checkEveryOrder } from './interleaving.ts'
import { sweptPurge } from './needs.ts'
import type { Operation } from './operations.ts'

type Make = (ctx: RuleContext, stored: StoredSession) => Operation

const create: Make = (ctx, { id }) => ({ kind: 'create', session: ctx.session({ id }) })
const update: Make = (ctx, stored) => ({ kind: 'update', session: ctx.successor(stored), expected: stored.version })
const shorten: Make = (ctx, stored) => ({
  kind: 'update',
  session: ctx.successor(stored, { expiresAt: ctx.clock.now() + 1_000, purgeAt: stored.purgeAt }),
  expected: stored.version,
})
/** To a later instant than an update's, so that neither can be lost unnoticed. */
const touch: Make = (ctx, stored) => {
  const expiresAt = ctx.clock.now() + IDLE_MS + 60_000
  return { kind: 'touch', loaded: stored, lifetime: { expiresAt, purgeAt: expiresAt + GRACE_MS } }
}
const destroy: Make = (_, { id }) => ({ kind: 'destroy', id })
const sweep: Make = (ctx) => ({ kind: 'sweep', cutoff: ctx.clock.now() })

export const stepRules: readonly Rule[] = [
  pair('STEP-001', 'create', create, 'create', create, 'Two users with one session: tower-sessions #181.', {
    isFree: true,
  }),
  pair(
    'STEP-002',
    'update',
    update,
    'update',
    update,
    'Version compared in one step and written in the next: the lost update of laravel #7549.',
  ),
  pair(
    'STEP-003',
    'update',
    update,
    'destroy',
    destroy,
    'auth0/nextjs-auth0 #2530 asked whether the session was there and then wrote; it had to be redone (#2590).',
  ),
  pair(
    'STEP-004',
    'destroy',
    destroy,
    'update',
    update,
    "A logout in several steps leaves something for a save to complete (Spring Session's partial hashes, #2021).",
  ),
  pair(
    'STEP-005',
    'touch',
    touch,
    'update',
    update,
    'A touch that reads, changes and writes the record writes back what it read (express-session #361).',
  ),
  pair(
    'STEP-006',
    'touch',
    touch,
    'update that shortens',
    shorten,
    'A touch without a version re-extended a session that had been cut short.',
  ),
  pair('STEP-007', 'update', update, 'touch', touch, 'The touch must neither be lost nor bring the old payload back.'),
  pair('STEP-008', 'touch', touch, 'destroy', destroy, 'EXISTS, then EXPIRE, then HSET: the ghost without an end.'),
  pair('STEP-009', 'destroy', destroy, 'destroy', destroy, 'Revoke-all counts what it revoked.'),
  pair(
    'STEP-010',
    'sweep',
    sweep,
    'update',
    update,
    'The lost session of 2005: checked, saved, deleted. Files handlers lost 2723 of 10,000 saves that way.',
    { isDue: true },
  ),
  pair('STEP-011', 'sweep', sweep, 'touch', touch, 'As before, with the commonest of all writes.', { isDue: true }),
  pair(
    'STEP-012',
    'update',
    update,
    'sweep',
    sweep,
    'A save in several steps must not be swept between two of them and then acknowledged.',
    { isDue: true },
  ),
  pair('STEP-013', 'touch', touch, 'sweep', sweep, 'A touch that rewrites what has just been swept revives it.', {
    isDue: true,
  }),
  pair('STEP-014', 'sweep', sweep, 'destroy', destroy, 'One of the two removed it, and only one says so.', {
    isDue: true,
  }),
  pair('STEP-015', 'sweep', sweep, 'sweep', sweep, 'Every replica sweeps; a record counts once.', { isDue: true }),
]

/** One record, two operations, every order of their steps. */
function pair(
  id: string,
  firstName: string,
  first: Make,
  secondName: string,
  second: Make,
  why: string,
  { isFree = false, isDue = false }: { isFree?: boolean; isDue?: boolean } = {},
): Rule {
  const needs: { needs?: Need } = firstName === 'sweep' || secondName === 'sweep' ? { needs: sweptPurge } : {}
  return {
    id,
    level: 'MUST',
    tier: 'concurrent',
    title: `${secondName} between any two steps of ${firstName} is as if one had come before the other`,
    why,
    ...needs,
    async check(ctx) {
      await checkEveryOrder(ctx, () => {
        const stored = ctx.session()
        if (isDue) ctx.clock.advance(IDLE_MS + GRACE_MS)
        return { stored: isFree ? undefined : stored, first: first(ctx, stored), second: second(ctx, stored) }
      })
    },
  }
}
