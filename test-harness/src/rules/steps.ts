import type { StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import type { Need, Rule } from '../engine/rule.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'
import { checkEveryOrder } from './interleaving.ts'
import { sweptPurge } from './needs.ts'
import type { Operation } from './operations.ts'

/** Orders that a rule runs at most, without a soak: all of two operations of five backend calls each. */
const MOST_OF_TWO = 300
const MOST_OF_THREE = 120

type Make = (ctx: RuleContext, stored: StoredSession) => Operation

const OPERATIONS = {
  create: (ctx, { id }) => ({ kind: 'create', session: ctx.session({ id }) }),
  update: (ctx, stored) => ({ kind: 'update', session: ctx.successor(stored), expected: stored.version }),
  'update that shortens': (ctx, stored) => ({
    kind: 'update',
    session: ctx.successor(stored, { expiresAt: ctx.clock.now() + 1_000, purgeAt: stored.purgeAt }),
    expected: stored.version,
  }),
  /** To a later instant than an update's, so that neither can be lost unnoticed. */
  touch: (ctx, stored) => {
    const expiresAt = ctx.clock.now() + IDLE_MS + 60_000
    return { kind: 'touch', loaded: stored, lifetime: { expiresAt, purgeAt: expiresAt + GRACE_MS } }
  },
  'longer touch': (ctx, stored) => {
    const expiresAt = ctx.clock.now() + IDLE_MS + 120_000
    return { kind: 'touch', loaded: stored, lifetime: { expiresAt, purgeAt: expiresAt + GRACE_MS } }
  },
  destroy: (_, { id }) => ({ kind: 'destroy', id }),
  load: (_, { id }) => ({ kind: 'load', id }),
  sweep: (ctx) => ({ kind: 'sweep', cutoff: ctx.clock.now() }),
} as const satisfies Record<string, Make>

type Name = keyof typeof OPERATIONS

export const stepRules: readonly Rule[] = [
  meeting('STEP-001', ['create', 'create'], 'Two users with one session: tower-sessions #181.', 'free'),
  meeting(
    'STEP-002',
    ['update', 'update'],
    'Version compared in one step and written in the next: the lost update of laravel #7549.',
  ),
  meeting(
    'STEP-003',
    ['update', 'destroy'],
    "auth0/nextjs-auth0 #2530 asked whether the session was there and then wrote; it had to be redone (#2590). A logout in several steps leaves something for a save to complete (Spring Session's partial hashes, #2021).",
  ),
  meeting(
    'STEP-005',
    ['touch', 'update'],
    'A touch that reads, changes and writes the record writes back what it read (express-session #361).',
  ),
  meeting(
    'STEP-006',
    ['touch', 'update that shortens'],
    'A touch without a version re-extended a session that had been cut short.',
  ),
  meeting('STEP-008', ['touch', 'destroy'], 'EXISTS, then EXPIRE, then HSET: the ghost without an end.'),
  meeting('STEP-009', ['destroy', 'destroy'], 'Revoke-all counts what it revoked.'),
  meeting(
    'STEP-010',
    ['sweep', 'update'],
    'The lost session of 2005: checked, saved, deleted. Files handlers lost 2723 of 10,000 saves that way.',
    'due',
  ),
  meeting(
    'STEP-011',
    ['sweep', 'touch'],
    'As before, with the commonest of all writes; and a touch that rewrites what has just been swept revives it.',
    'due',
  ),
  meeting('STEP-014', ['sweep', 'destroy'], 'One of the two removed it, and only one says so.', 'due'),
  meeting('STEP-015', ['sweep', 'sweep'], 'Every replica sweeps; a record counts once.', 'due'),
  meeting('STEP-016', ['touch', 'longer touch'], 'Two tabs read at once; the later of the two lifetimes has to stay.'),
  meeting(
    'STEP-017',
    ['update', 'update', 'destroy'],
    'A logout between two saves that race: the one that tries again must not bring the session back.',
  ),
  meeting(
    'STEP-018',
    ['update', 'touch', 'destroy'],
    'The ordinary page: one request saves, one only reads, one logs out.',
  ),
  meeting(
    'STEP-019',
    ['update', 'update', 'touch'],
    'A touch may move the lifetime of one of the two, and hide the other.',
  ),
  meeting(
    'STEP-020',
    ['touch', 'longer touch', 'update'],
    'A save that has to try again because of a touch tries with what is there then.',
  ),
  meeting(
    'STEP-021',
    ['create', 'create', 'destroy'],
    'Taken, freed and taken again: whoever is told `created` must find its own record.',
    'free',
  ),
  meeting(
    'STEP-022',
    ['update', 'destroy', 'create'],
    'The id is free again for a moment: a save from before the logout must not land in what came after it.',
  ),
  meeting(
    'STEP-023',
    ['update', 'touch', 'sweep'],
    'Whoever renews the session in time keeps it, for the other too.',
    'due',
  ),
  meeting('STEP-024', ['update', 'destroy', 'sweep'], 'Swept or revoked, it is gone once, and stays gone.', 'due'),
  meeting(
    'STEP-025',
    ['update', 'sweep', 'sweep'],
    'The second sweeper finds what the first has left half done.',
    'due',
  ),
  meeting(
    'STEP-026',
    ['load', 'update'],
    'A reader between two calls of a writer sees the record from before or from after, never a half of each: truncate, then write, logs people out (session-file-store #21).',
  ),
  meeting(
    'STEP-027',
    ['load', 'destroy'],
    'What is found while it is being removed is whole; an unreadable rest of it is an error to the request.',
  ),
  meeting(
    'STEP-028',
    ['load', 'destroy', 'create'],
    'Removed and taken again under one reader, which must not make one record of the two.',
  ),
  meeting(
    'STEP-029',
    ['load', 'update', 'destroy'],
    'Replaced, then removed, under one reader: an error here is an error page for nothing.',
  ),
]

/** Operations on one record, in every order of their backend calls. */
function meeting(id: string, names: readonly Name[], why: string, record: 'live' | 'free' | 'due' = 'live'): Rule {
  const needs: { needs?: Need } = names.includes('sweep') ? { needs: sweptPurge } : {}
  return {
    id,
    level: 'MUST',
    tier: 'concurrent',
    title: `in every order of their backend calls, ${listed(names)} have the outcome of one after another`,
    why,
    ...needs,
    soaks: true,
    check: (ctx) =>
      checkEveryOrder(
        ctx,
        () => {
          const stored = ctx.session()
          if (record === 'due') ctx.clock.advance(IDLE_MS + GRACE_MS)
          const operations = names.map((name) => OPERATIONS[name](ctx, stored))
          return { stored: record === 'free' ? undefined : stored, operations }
        },
        names.length === 2 ? MOST_OF_TWO : MOST_OF_THREE,
      ),
  }
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
