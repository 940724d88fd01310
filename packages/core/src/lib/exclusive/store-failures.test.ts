import { describe, expect, it } from 'vitest'
import { leaseId } from '../ids.ts'
import { rejectionOf } from '../testing-errors.ts'
import { LEASE, untilSettled } from '../testing-exclusive.ts'
import { setup } from '../testing-sessions.ts'
import type { Operation } from '../testing-stores.ts'

type Fault = 'failNext' | 'loseNext'

/** One exclusive increment, with a fault at the nth call of its kind, counted from 1. */
async function incrementWith(faults: readonly (readonly [Fault, Operation, number])[], { isLeased = false } = {}) {
  const world = setup()
  const { sessions, backend, stored, records } = world
  const { token, id } = await stored()
  if (isLeased) await sessions.exclusive(token, () => {})
  backend.forget()
  for (const operation of new Set(faults.map(([, of]) => of))) {
    const nth = new Map(faults.filter(([, of]) => of === operation).map(([fault, , n]) => [n, fault]))
    for (let n = 1; n <= Math.max(...nth.keys()); n++) {
      const fault = nth.get(n)
      if (fault) backend[fault](operation)
      else backend.beforeNext(operation, async () => {})
    }
  }
  let isCalled = false
  const call = sessions.exclusive(token, async (session) => {
    isCalled = true
    session.data.n++
    return (await session.save()).status
  })
  const outcome = await call.catch((error: { code: string }) => error.code)
  const n = records.get(`default:${id}`)?.payload.includes('"n":1') ? 1 : 0
  return { ...world, token, outcome, isCalled, n, lease: records.get(`default:${leaseId(id)}`) }
}

describe('a store that fails', () => {
  it.each<[string, Fault, Operation, number]>([
    ['the look at the token', 'failNext', 'load', 1],
    ['the look at the lease', 'failNext', 'load', 2],
    ['taking the lease', 'failNext', 'create', 1],
    ['opening the session', 'failNext', 'load', 3],
  ])('at %s is an error, the callback is not called, and nobody is kept out', async (_what, fault, operation, n) => {
    const { outcome, isCalled, sessions, token, n: stored } = await incrementWith([[fault, operation, n]])
    expect({ outcome, isCalled, stored }).toEqual({ outcome: 'ERR_STORE_FAILED', isCalled: false, stored: 0 })
    expect(await sessions.exclusive(token, () => 'in', { waitMs: 0 })).toBe('in')
  })

  it.each<[string, boolean, Fault, Operation, number]>([
    ['taking the lease', false, 'loseNext', 'create', 1],
    ['taking a lease that was released', true, 'loseNext', 'update', 1],
    ['saving', false, 'loseNext', 'update', 1],
    ['letting the next one in', false, 'loseNext', 'update', 2],
  ])('to answer at %s is looked up, and all goes well', async (_what, isLeased, fault, operation, nth) => {
    const { outcome, n, sessions, token } = await incrementWith([[fault, operation, nth]], { isLeased })
    expect({ outcome, n }).toEqual({ outcome: 'saved', n: 1 })
    expect(await sessions.exclusive(token, () => 'in', { waitMs: 0 })).toBe('in')
  })

  it('to answer at taking the lease, and at the look whether it was taken, keeps others out until its end', async () => {
    const world = await incrementWith([
      ['loseNext', 'create', 1],
      ['failNext', 'load', 3],
    ])
    const { outcome, isCalled, clock, elsewhere, token, lease } = world
    expect({ outcome, isCalled }).toEqual({ outcome: 'ERR_STORE_FAILED', isCalled: false })
    expect(lease?.expiresAt).toBe(clock.now() + LEASE)
    const next = elsewhere.exclusive(token, () => clock.now())
    expect(await untilSettled(clock, next)).toBe(LEASE)
    expect(await next).toBe(lease?.expiresAt)
  })

  it('at letting the next one in does not undo what was done, and keeps others out until the end of the lease', async () => {
    const { outcome, n, clock, elsewhere, token } = await incrementWith([['failNext', 'update', 2]])
    expect({ outcome, n }).toEqual({ outcome: 'saved', n: 1 })
    const next = elsewhere.exclusive(token, ({ data }) => data.n)
    expect(await untilSettled(clock, next)).toBe(LEASE)
    expect(await next).toBe(1)
  })

  it('at saving, without a trace, is an error of the save, and a second save goes through', async () => {
    for (const fault of ['failNext', 'loseNext'] as const) {
      for (const again of ['save', 'update'] as const) {
        const { sessions, backend, stored, open } = setup()
        const { token } = await stored()
        await sessions.exclusive(token, async (session) => {
          session.data.b = 'b'
          backend[fault]('update')
          backend.failNext('load')
          expect((await rejectionOf(session.save())).code).toBe('ERR_STORE_FAILED')
          if (again === 'update') await session.update((data) => void data.n++)
          else session.data.n = 1
          await session.save()
        })
        expect((await open(token)).data).toEqual({ n: 1, a: 'stored', b: 'b' })
      }
    }
  })

  it('at saving, and then lets somebody else write, refuses the second save', async () => {
    const { sessions, elsewhere, backend, stored, open } = setup()
    const { token } = await stored()
    await sessions.exclusive(token, async (session) => {
      session.data.b = 'b'
      backend.loseNext('update')
      backend.failNext('load')
      expect((await rejectionOf(session.save())).code).toBe('ERR_STORE_FAILED')
      await (await elsewhere.open(token)).update((data) => void data.n++)
      expect((await rejectionOf(session.save())).code).toBe('ERR_LOCK_LOST')
    })
    expect((await open(token)).data).toEqual({ n: 1, a: 'stored', b: 'b' })
  })

  it('at one caller is tried again by the next in line', async () => {
    const { sessions, backend, stored } = setup()
    const { token } = await stored()
    backend.beforeNext('load', async () => {})
    backend.beforeNext('load', async () => {})
    backend.failNext('load')
    const calls = await Promise.allSettled([1, 2].map((n) => sessions.exclusive(token, () => n)))
    expect(calls.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })
})
