import { expectEqual, expectThat } from '../test-harness/src/engine/expect.ts'
import { Stepper } from '../test-harness/src/engine/stepper.ts'
import type { Check } from './check.ts'
import { type Handle, LIFETIME_MS, type Trial } from './trial.ts'

/** What a request in flight does to a session that has been logged out, has expired, or is saved meanwhile. */
export const touchChecks: readonly Check[] = [
  {
    name: 'set-after-destroy',
    rules: ['UPDATE-003'],
    title: 'a `set` by a request that loaded the session before its `destroy` does not bring it back',
    async check(trial) {
      const [request, logout] = [await trial.open(), await trial.open()]
      const sid = trial.begin()
      await request.set(sid, 1)
      await request.get(sid)
      await logout.destroy(sid)
      await request.set(sid, 2)
      expectEqual((await request.get(sid))?.n, undefined, 'a destroyed session came back')
    },
  },
  {
    name: 'touch-after-destroy',
    rules: ['TOUCH-005', 'TOUCH-006'],
    title: '`touch` of a session that was never there, or is destroyed, stores nothing',
    async check(trial) {
      const store = await trial.open()
      const unknown = trial.begin()
      await store.touch(unknown, 1)
      expectThat((await store.get(unknown)) === undefined, 'a touch of an unknown id stored a session')
      const sid = trial.begin()
      await store.set(sid, 1)
      await store.destroy(sid)
      await store.touch(sid, 1)
      expectThat((await store.get(sid)) === undefined, 'a touch brought a destroyed session back')
    },
  },
  {
    name: 'touch-expired',
    rules: ['TOUCH-010'],
    title: '`touch` of a session that has expired meanwhile renews it with its data, or not at all',
    async check(trial) {
      const store = await trial.open()
      const sid = trial.begin()
      await store.set(sid, 1)
      trial.clock.advance(LIFETIME_MS + 2_000)
      trial.note('2 s after the expiry')
      await store.touch(sid, 1)
      const session = await store.get(sid)
      if (session) expectEqual(session.n, 1, 'what the touch has made of the session lacks its data')
    },
  },
  {
    name: 'touch-renews',
    rules: ['TOUCH-001'],
    title: '`touch` renews the session until the new expiry and changes nothing else',
    async check(trial) {
      const store = await trial.open()
      const sid = trial.begin()
      await store.set(sid, 1)
      trial.clock.advance(LIFETIME_MS / 2)
      await store.touch(sid, 1)
      trial.clock.advance(LIFETIME_MS - 1_000)
      trial.note('1 s before the new expiry')
      expectEqual((await store.get(sid))?.n, 1, 'the touched session')
      trial.clock.advance(3_000)
      trial.note('2 s after the new expiry')
      expectEqual((await store.get(sid))?.n, undefined, 'the touched session after its expiry')
    },
  },
  {
    name: 'touch-meets-set',
    rules: ['STEP-005', 'RACE-007'],
    title: '`touch` by one request leaves what another one has `set` meanwhile',
    async check(trial) {
      await meet(trial, 'touch')
      await meet(trial, 'set')
    },
  },
]

/** One of the two is held before each call of the file system that it makes, and the other runs meanwhile. */
async function meet(trial: Trial, first: 'touch' | 'set'): Promise<void> {
  const second = first === 'touch' ? 'set' : 'touch'
  const stepper = new Stepper()
  const [holding, other] = [await trial.open(stepper.step), await trial.open()]
  const perform = (on: Handle, operation: 'touch' | 'set', sid: string) =>
    operation === 'touch' ? on.touch(sid, 1) : on.set(sid, 2)
  for (let k = 0, isHeld = true; isHeld; k++) {
    const sid = trial.begin()
    await other.set(sid, 1)
    const held = await stepper.hold(k, () => perform(holding, first, sid))
    isHeld = held.isHeld
    if (isHeld) trial.noteHeld(first)
    trial.note(`${second} begins`)
    await held.meanwhile(() => perform(other, second, sid))
    await held.finish()
    expectEqual((await other.get(sid))?.n, 2, 'a touch has undone a set')
  }
}
