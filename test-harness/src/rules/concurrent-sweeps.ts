import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import { expectEqual, expectOneOf, expectStored, expectThat } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'
import { at, fromNow, handle, twoHandles } from './handles.ts'
import { sweptPurge } from './needs.ts'
import { sweepAll } from './sweeping.ts'

const ROUNDS = 40

export const concurrentSweepRules: readonly Rule[] = [
  {
    id: 'RACE-009',
    level: 'MUST',
    tier: 'concurrent',
    title: 'sweep and update at once never lose an acknowledged save',
    why: 'Orders 4, 7 and 9 of 2005. With stat and unlink against write and rename, 2723 of 10,000 successful saves vanished.',
    needs: sweptPurge,
    async check(ctx) {
      const stores = await twoHandles(ctx)
      for (let round = 0; round < ROUNDS; round++) {
        const due = Array.from({ length: 4 }, () => ctx.session())
        for (const session of due) await stores[0].create(session)
        ctx.clock.advance(IDLE_MS + GRACE_MS)
        const saves = due.map((session) => ctx.successor(session))
        const [{ removed }, answers] = await Promise.all([
          sweepAll(stores[1], ctx.clock.now()),
          Promise.all(due.map(({ version }, n) => stores[0].update(at(saves, n), version))),
        ])
        await expectKeptOrGone(stores[0], saves, answers, 'saved', 'an acknowledged save was swept away')
        expectEqual(
          removed,
          answers.filter((answer) => answer === 'gone').length,
          'what the sweep counted, and saves `gone`',
        )
        for (const { id } of due) await stores[0].destroy(id)
      }
    },
  },
  {
    id: 'RACE-010',
    level: 'MUST',
    tier: 'concurrent',
    title: 'sweep and touch at once never lose a session that was told it is renewed',
    why: 'Most requests only touch, so most sessions in use are saved from the sweep by one.',
    needs: sweptPurge,
    async check(ctx) {
      const stores = await twoHandles(ctx)
      for (let round = 0; round < ROUNDS; round++) {
        const due = Array.from({ length: 4 }, () => ctx.session())
        for (const session of due) await stores[0].create(session)
        ctx.clock.advance(IDLE_MS + GRACE_MS)
        const lifetime = fromNow(ctx)
        const [, answers] = await Promise.all([
          sweepAll(stores[1], ctx.clock.now()),
          Promise.all(due.map((session) => stores[0].touch(session, lifetime))),
        ])
        const renewed = due.map((session) => ({ ...session, ...lifetime }))
        await expectKeptOrGone(stores[0], renewed, answers, 'touched', 'a renewed session was swept away')
        for (const { id } of due) await stores[0].destroy(id)
      }
    },
  },
  {
    id: 'RACE-011',
    level: 'MUST',
    tier: 'concurrent',
    title: 'several sweepers at once remove everything that is due, and count each record once',
    why: 'Every replica sweeps; deadlocks between them have taken services down (Spring Session #838).',
    needs: sweptPurge,
    async check(ctx) {
      const stores = await twoHandles(ctx)
      const due = Array.from({ length: 60 }, () => ctx.session())
      await Promise.all(due.map((session) => stores[0].create(session)))
      const cutoff = ctx.session().purgeAt
      const sweeps = [0, 1, 2, 3].map((n) => sweepAll(handle(stores, n), cutoff, { limit: 7 }))
      const totals = await Promise.all(sweeps)
      const left = await Promise.all(due.map(({ id }) => stores[0].load(id)))
      expectEqual(left.filter(Boolean).length, 0, 'how many records are left after four sweepers')
      expectEqual(
        totals.reduce((sum, { removed }) => sum + removed, 0),
        60,
        'what four sweepers counted of 60 records',
      )
    },
  },
]

async function expectKeptOrGone(
  store: SessionStore,
  sessions: readonly StoredSession[],
  answers: readonly string[],
  kept: string,
  message: string,
): Promise<void> {
  for (const [n, session] of sessions.entries()) {
    expectOneOf(answers[n], [kept, 'gone'], 'the answer of a request that met the sweep')
    const loaded = await store.load(session.id)
    if (answers[n] === kept) await expectStored(store, session, message)
    else expectThat(loaded === undefined, 'a session that was answered `gone` is still there', loaded)
  }
}
