import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { expectEqual, expectOneOf, expectStored, expectThat } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { at, fromNow, handle, twoHandles } from './handles.ts'
import { expectSomeOrder } from './interleaving.ts'
import { type Operation, perform } from './operations.ts'

const CALLERS = 16
const ROUNDS = 40
const INCREMENTERS = 8
const INCREMENTS = 10

export const concurrencyRules: readonly Rule[] = [
  {
    id: 'RACE-001',
    level: 'MUST',
    tier: 'concurrent',
    title: 'of many creates under one id at once exactly one answers `created`, and that one is stored',
    why: "tower-sessions' SQL stores ask whether the id is free and then write: two callers get one session.",
    async check(ctx) {
      const stores = await twoHandles(ctx)
      const id = ctx.id()
      const sessions = Array.from({ length: CALLERS }, () => ctx.session({ id }))
      const answers = await Promise.all(sessions.map((session, n) => handle(stores, n).create(session)))
      await expectOneWinner(stores[1], sessions, answers, 'created', 'exists')
    },
  },
  {
    id: 'RACE-002',
    level: 'MUST',
    tier: 'concurrent',
    title: 'of many updates from one version at once exactly one answers `saved`, and that one is stored',
    why: 'Parallel requests overwriting each other (laravel #7549, fastify-session #237) is what versions are for.',
    async check(ctx) {
      const stores = await twoHandles(ctx)
      const session = ctx.session()
      await stores[0].create(session)
      const saves = Array.from({ length: CALLERS }, () => ctx.successor(session))
      const answers = await Promise.all(saves.map((next, n) => handle(stores, n).update(next, session.version)))
      await expectOneWinner(stores[1], saves, answers, 'saved', 'conflict')
    },
  },
  {
    id: 'RACE-003',
    level: 'MUST',
    tier: 'concurrent',
    title: 'concurrent increments that try again on `conflict` add up exactly',
    why: 'A compare-and-set by link and unlink counted 2301 of 2400: the name of a deleted version is free again.',
    async check(ctx) {
      const stores = await twoHandles(ctx)
      const session = ctx.session({ payload: '0' })
      await stores[0].create(session)
      const callers = Array.from({ length: INCREMENTERS }, (_, n) => increment(ctx, handle(stores, n), session.id))
      await Promise.all(callers)
      const stored = await stores[0].load(session.id)
      const total = String(INCREMENTERS * INCREMENTS)
      expectEqual(stored?.payload, total, `a counter after ${INCREMENTERS} callers have added 1 ten times each`)
    },
  },
  {
    id: 'RACE-004',
    level: 'MUST',
    tier: 'concurrent',
    title: 'of many destroys of one record at once exactly one answers `destroyed`',
    why: "Who is told has the duty to tell others, such as to end the user's sockets; twice or never is wrong.",
    async check(ctx) {
      const stores = await twoHandles(ctx)
      const session = ctx.session()
      await stores[0].create(session)
      const answers = await Promise.all(
        Array.from({ length: CALLERS }, (_, n) => handle(stores, n).destroy(session.id)),
      )
      expectEqual(
        answers.filter((answer) => answer === 'destroyed').length,
        1,
        'how many destroys answered `destroyed`',
      )
      expectEqual(
        answers.filter((answer) => answer === 'gone').length,
        CALLERS - 1,
        'how many destroys answered `gone`',
      )
    },
  },
  race(
    'RACE-005',
    'update and destroy at once never leave the session behind',
    'Logout against save: CVE-2025-46336, expressjs/session #632.',
    (ctx, stored) => [
      { kind: 'update', session: ctx.successor(stored), expected: stored.version },
      { kind: 'destroy', id: stored.id },
    ],
  ),
  race(
    'RACE-006',
    'touch and destroy at once never leave the session behind',
    'Logout against the touch of a parallel request.',
    (ctx, stored) => [
      { kind: 'touch', loaded: stored, lifetime: fromNow(ctx) },
      { kind: 'destroy', id: stored.id },
    ],
  ),
  race(
    'RACE-007',
    'touch and update at once lose neither the save nor the longer lifetime',
    'The touch of one tab must not write back what the other has replaced.',
    (ctx, stored) => [
      { kind: 'touch', loaded: stored, lifetime: fromNow(ctx) },
      { kind: 'update', session: ctx.successor(stored), expected: stored.version },
    ],
  ),
  {
    id: 'RACE-008',
    level: 'MUST',
    tier: 'concurrent',
    title: 'each of many different calls at once gets its own answer',
    why: "A cancelled command once gave the next caller another user's data (redis-py and ChatGPT, March 2023); batches invite it.",
    async check(ctx) {
      const [store] = await twoHandles(ctx)
      const [taken, stale, fine, logout] = [ctx.session(), ctx.session(), ctx.session(), ctx.session()]
      for (const session of [taken, stale, fine, logout]) await store.create(session)
      const [fresh, next, invalid] = [ctx.session(), ctx.successor(fine), { ...ctx.session(), payload: '\ud800' }]
      const answers = await Promise.all([
        store.create(ctx.session({ id: taken.id })),
        store.create(fresh),
        store.create(invalid).catch(() => 'refused'),
        store.update(ctx.successor(stale), ctx.version()),
        store.update(next, fine.version),
        store.update(ctx.session(), ctx.version()),
        store.touch(taken, taken),
        store.destroy(logout.id),
        store.destroy(ctx.id()),
        store.load(taken.id).then((loaded) => loaded?.version),
      ])
      expectEqual(
        answers,
        ['exists', 'created', 'refused', 'conflict', 'saved', 'gone', 'touched', 'destroyed', 'gone', taken.version],
        'the answers of ten calls at once',
      )
      for (const session of [taken, stale, fresh, next])
        await expectStored(store, session, 'a record after ten calls at once')
    },
  },
]

/** Two operations started together, many times, on records that are about to expire. */
function race(
  id: string,
  title: string,
  why: string,
  operations: (ctx: RuleContext, stored: StoredSession) => [Operation, Operation],
): Rule {
  return {
    id,
    level: 'MUST',
    tier: 'concurrent',
    title,
    why,
    async check(ctx) {
      const [one, other] = await twoHandles(ctx)
      for (let round = 0; round < ROUNDS; round++) {
        const stored = ctx.session()
        await one.create(stored)
        ctx.clock.advance(1_000)
        const [first, second] = operations(ctx, stored)
        const started = round % 2 === 0 ? [first, second] : [second, first]
        const answers = await Promise.all(started.map((operation, n) => perform(n === 0 ? one : other, operation)))
        const what = `${first.kind} and ${second.kind} at once, round ${round + 1}`
        await expectSomeOrder(other, { stored, operations: started }, answers, { what })
      }
    },
  }
}

async function expectOneWinner(
  store: SessionStore,
  sessions: readonly StoredSession[],
  answers: readonly string[],
  won: string,
  lost: string,
): Promise<void> {
  for (const answer of answers) expectOneOf(answer, [won, lost], 'an answer')
  const winners = sessions.filter((_, n) => answers[n] === won)
  expectEqual(winners.length, 1, `how many of ${sessions.length} callers were answered \`${won}\``)
  await expectStored(store, at(winners, 0), `what is stored is not what was answered \`${won}\``)
}

/** A conflict means that somebody has saved since the load, so there can be no more of them than saves in all. */
async function increment(ctx: RuleContext, store: SessionStore, id: string): Promise<void> {
  let conflicts = 0
  for (let done = 0; done < INCREMENTS; ) {
    const loaded = await store.load(id)
    expectThat(loaded !== undefined, 'the record vanished between two increments')
    const next = ctx.successor(loaded, { payload: String(Number(loaded.payload) + 1) })
    if ((await store.update(next, loaded.version)) === 'saved') done++
    else conflicts++
    expectThat(conflicts <= INCREMENTERS * INCREMENTS, 'update answers `conflict` more often than anybody has saved')
  }
}
