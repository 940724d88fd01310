import { isDeepStrictEqual } from 'node:util'
import type { SessionId, SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { answerOf, fieldsOf } from '../engine/expect.ts'
import { ConformanceFailure } from '../engine/failure.ts'
import type { Need, Rule } from '../engine/rule.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'
import { type Encounter, runEveryOrder } from './every-order.ts'
import { expectView, type ListView } from './list-views.ts'
import { listAll } from './listing.ts'
import { both, listing, sweptPurge } from './needs.ts'
import { type Operation, perform, predict } from './operations.ts'

/** Orders that a rule runs at most, without a soak: those in which one of the two is interrupted once are fewer. */
const MOST = 50
/** Of four records, so that a list has a second page. */
const LIMIT = 2

/** What a list meets: what is stored under one id before, and the operation on it. */
interface Meeting {
  readonly stored: StoredSession | undefined
  readonly operation: Operation
}

type Meet = (ctx: RuleContext, id: SessionId) => Meeting

const MEETINGS = {
  update(ctx, id) {
    const stored = ctx.session({ id, owner: 'user-1' })
    const session = ctx.successor(stored, { expiresAt: stored.expiresAt + 60_000 })
    return { stored, operation: { kind: 'update', session, expected: stored.version } }
  },
  'update that changes the owner'(ctx, id) {
    const stored = ctx.session({ id, owner: 'user-1' })
    const session = ctx.successor(stored, { expiresAt: stored.expiresAt + 60_000, owner: 'user-2' })
    return { stored, operation: { kind: 'update', session, expected: stored.version } }
  },
  touch(ctx, id) {
    const stored = ctx.session({ id, owner: 'user-1' })
    const lifetime = { expiresAt: stored.expiresAt + 60_000, purgeAt: stored.purgeAt + 60_000 }
    return { stored, operation: { kind: 'touch', loaded: stored, lifetime } }
  },
  destroy: (ctx, id) => ({ stored: ctx.session({ id, owner: 'user-1' }), operation: { kind: 'destroy', id } }),
  create: (ctx, id) => ({
    stored: undefined,
    operation: { kind: 'create', session: ctx.session({ id, owner: 'user-1' }) },
  }),
  sweep(ctx, id) {
    const stored = ctx.session({ id, owner: 'user-1', expiresAt: ctx.clock.now() - IDLE_MS })
    return { stored, operation: { kind: 'sweep', cutoff: stored.expiresAt + GRACE_MS } }
  },
} as const satisfies Record<string, Meet>

type Name = keyof typeof MEETINGS

export const listMeetingRules: readonly Rule[] = [
  meeting(
    'STEP-030',
    'update',
    'A save that takes the record out of an index to put it in again hides it for a moment, in which "log out everywhere" leaves it alive.',
  ),
  meeting(
    'STEP-031',
    'update that changes the owner',
    "A login moves the session from one owner to another: a list of all sessions must find it on the way, one of an owner must not show what is somebody else's by then.",
  ),
  meeting(
    'STEP-032',
    'touch',
    'Every request touches, so an index in the order of the expiry is never still; sessions in use are the ones that slip through.',
  ),
  meeting(
    'STEP-033',
    'destroy',
    'The name was read, the record has gone: a list that fails there makes "log out everywhere" fail whenever somebody logs out.',
  ),
  meeting(
    'STEP-034',
    'create',
    'A name that is entered before its record, or the other way round: one of the two is met half done.',
  ),
  meeting(
    'STEP-035',
    'sweep',
    'Cleanups run in the background all the time; what they remove under a list must neither fail it nor take its neighbours along.',
  ),
]

function meeting(id: string, name: Name, why: string): Rule {
  const needs: Need = name === 'sweep' ? both(listing, sweptPurge) : listing
  return {
    id,
    level: 'MUST',
    tier: 'concurrent',
    title: `in every order of its backend calls and those of ${name}, list answers, misses no record and shows none that was not there`,
    why,
    needs,
    soaks: true,
    async check(ctx) {
      // The same ids in every order: a store may lay records out by them, and make other calls for others.
      const [first, second, third, fourth] = [ctx.id(), ctx.id(), ctx.id(), ctx.id()].sort() as FourIds
      const others = [
        ctx.session({ id: first, owner: 'user-1' }),
        ctx.session({ id: third, owner: 'user-1' }),
        ctx.session({ id: fourth, owner: 'user-2' }),
      ]
      await runEveryOrder(ctx, () => encounterOf(name, others, second, MEETINGS[name](ctx, second)), MOST)
    },
  }
}

type FourIds = [SessionId, SessionId, SessionId, SessionId]

function encounterOf(
  name: Name,
  others: readonly StoredSession[],
  id: SessionId,
  { stored, operation }: Meeting,
): Encounter {
  const [expected, after] = predict(stored, operation)
  const owners = new Set([stored, after].flatMap((state) => state?.owner ?? []))
  const queries = [...[...owners].map((owner) => ({ owner })), {}]
  const views: ListView[] = []
  let [isBegun, isOver] = [false, false]
  const list = async (handle: SessionStore): Promise<string> => {
    for (const query of queries) {
      const wasOver = isOver
      const listed = await listAll(handle, { ...query, limit: LIMIT })
      views.push({ query, listed, states: [...(wasOver ? [] : [stored]), ...(isBegun ? [after] : [])] })
    }
    return views.map(({ listed }) => listed.length).join(' and ')
  }
  const meet = async (handle: SessionStore): Promise<string> => {
    isBegun = true
    const answer = await perform(handle, operation)
    isOver = true
    return answer
  }
  return {
    names: ['list', name],
    isExact: false,
    prepare: async (store) => {
      for (const session of [...others, ...(stored ? [stored] : [])]) await answerOf(store.create(session), 'create')
    },
    run: (lane, handle) => (lane === 0 ? list(handle) : meet(handle)),
    judge: async (store, [, answer], { details }) => {
      for (const view of views) expectView(view, others, `list that meets ${name}`, details)
      const left = await answerOf(store.load(id), name)
      const actual = { answer, left: left && fieldsOf(left) }
      if (isDeepStrictEqual(actual, { answer: expected, left: after })) return
      const all = { ...details, expected: { answer: expected, left: after }, actual }
      throw new ConformanceFailure(`${name} that meets a list: the outcome is not its own`, all)
    },
    brief: (answer) => (/^\d/.test(answer) ? `${answer} listed` : answer),
  }
}
