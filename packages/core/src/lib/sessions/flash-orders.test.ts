import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../manual-clock.ts'
import { memoryStore } from '../memory-store.ts'
import type { StoredSession } from '../store.ts'
import { rejectionOf } from '../testing-errors.ts'
import { everyOrder } from '../testing-orders.ts'
import { setup, tokenIn } from '../testing-sessions.ts'
import type { Session } from './session.ts'
import { createSessions } from './sessions.ts'
import type { Sessions } from './sessions-api.ts'

describe('in every order of the store calls of two requests with flash values', () => {
  interface Notices {
    notice: string
  }
  type Handle = Session<{ a: number; b: number }, Notices>

  /** Runs two requests that have loaded the session with these values, and gives what is left to take after them. */
  async function meetings(
    start: readonly string[],
    left: (session: Handle) => Promise<unknown>,
    right: (session: Handle) => Promise<unknown>,
    check: (answers: readonly [unknown, unknown], rest: readonly string[]) => void,
  ): Promise<number> {
    return everyOrder(async (stepped, finish) => {
      const records = new Map<string, StoredSession>()
      const clock = manualClock()
      const process = (): Sessions<{ a: number; b: number }, Notices> =>
        createSessions({ store: stepped(memoryStore({ records })), clock, initialData: () => ({ a: 0, b: 0 }) })
      const calm = createSessions<{ a: number; b: number }, Notices>({ store: memoryStore({ records }), clock })
      const begun = await calm.open()
      begun.data = { a: 1, b: 1 }
      for (const text of start) begun.flash('notice', text)
      const token = tokenIn(await begun.save())
      const opening = Promise.all([process().open(token), process().open(token)])
      await finish()
      const [one, two] = await opening
      const done = Promise.all([left(one), right(two)])
      await finish()
      check(await done, await (await calm.open(token)).takeFlash('notice'))
    })
  }
  const take = (session: Handle) => session.takeFlash('notice')
  const flash = (text: string) => (session: Handle) => {
    session.flash('notice', text)
    return session.save()
  }

  it('that both take them, one gets them all, the other nothing', async () => {
    const orders = await meetings(['x', 'y'], take, take, (answers, rest) => {
      expect(answers.toSorted()).toEqual([[], ['x', 'y']])
      expect(rest).toEqual([])
    })
    expect(orders).toBeGreaterThan(1)
  })

  it('that both flash, both values are there', async () => {
    const orders = await meetings([], flash('x'), flash('y'), (_answers, rest) => {
      expect(rest.toSorted()).toEqual(['x', 'y'])
    })
    expect(orders).toBeGreaterThan(1)
  })

  it('of which one flashes and one takes, no value is lost, and none comes twice', async () => {
    const orders = await meetings(['x'], take, flash('y'), ([got], rest) => {
      expect([...(got as string[]), ...rest]).toEqual(['x', 'y'])
    })
    expect(orders).toBeGreaterThan(1)
  })

  it('of which one flashes and one saves data, both are kept', async () => {
    const orders = await meetings(
      [],
      flash('x'),
      (session) => {
        session.data.b = 2
        return session.save()
      },
      ([, saved], rest) => {
        expect(saved).toMatchObject({ status: 'saved' })
        expect(rest).toEqual(['x'])
      },
    )
    expect(orders).toBeGreaterThan(1)
  })

  it('of which one takes and one logs out, the values are taken, or gone with the session', async () => {
    const orders = await meetings(
      ['x'],
      take,
      (session) => session.destroy(),
      ([got, ended], rest) => {
        expect([[], ['x']]).toContainEqual(got)
        expect(ended).toEqual({ status: 'destroyed' })
        expect(rest).toEqual([])
      },
    )
    expect(orders).toBeGreaterThan(1)
  })
})

it('whatever requests flash, save and take, and whatever answers are lost, every saved value is taken once', async () => {
  const acts = fc.constantFrom('flash', 'save', 'save, without an answer', 'take', 'open')
  const steps = fc.array(fc.tuple(fc.nat(2), acts), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const { stored, open, backend } = setup()
      const { token } = await stored()
      const begin = async () => ({ session: await open(token), unsaved: [] as number[] })
      const requests = [await begin(), await begin(), await begin()]
      const saved: number[] = []
      const got: unknown[] = []
      for (const [step, [i, act]] of taken.entries()) {
        const request = requests[i] ?? (await begin())
        const { session, unsaved } = request
        if (act === 'flash') {
          session.flash('step', step)
          unsaved.push(step)
        } else if (act === 'take') got.push(...(await session.takeFlash('step')))
        else if (act === 'open') requests[i] = await begin()
        else {
          if (act !== 'save' && unsaved.length > 0) {
            backend.loseNext('update')
            backend.failNext('load')
            expect((await rejectionOf(session.save())).code).toBe('ERR_STORE_FAILED')
          }
          await session.save()
          saved.push(...unsaved.splice(0))
        }
      }
      got.push(...(await (await open(token)).takeFlash('step')))
      expect(got.toSorted()).toEqual(saved.toSorted())
    }),
    { numRuns: 300 },
  )
})
