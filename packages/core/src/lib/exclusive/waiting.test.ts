import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { rejectionOf } from '../testing-errors.ts'
import { LEASE, untilSettled } from '../testing-exclusive.ts'
import { setup } from '../testing-sessions.ts'
import { settled } from '../testing-stores.ts'

describe('waiting', () => {
  const waiting = [
    ['in the same process', 'sessions'],
    ['in another process', 'elsewhere'],
  ] as const

  it.each(
    waiting.flatMap(([where, who]) => [
      [where, who, 0] as const,
      [where, who, 1] as const,
      [where, who, 300] as const,
      [where, who, LEASE * 3] as const,
    ]),
  )('%s ends after waitMs, and the callback is not called', async (_where, who, waitMs) => {
    const world = setup()
    const { sessions, stored, clock } = world
    const { token, id } = await stored()
    const gate = Promise.withResolvers<void>()
    const first = sessions.exclusive(token, () => gate.promise)
    await settled()
    let isCalled = false
    const second = rejectionOf(
      world[who].exclusive(
        token,
        () => {
          isCalled = true
        },
        { waitMs },
      ),
    )
    expect(await untilSettled(clock, second)).toBe(waitMs)
    expect(await second).toMatchObject({ code: 'ERR_LOCK_TIMEOUT', operation: 'exclusive', id: `${id.slice(0, 6)}…` })
    gate.resolve()
    await first
    expect(isCalled).toBe(false)
    expect(await world[who].exclusive(token, () => 'in', { waitMs: 0 })).toBe('in')
  })

  it('counts the time in line and the time for the lease together', async () => {
    const { sessions, elsewhere, stored, clock } = setup()
    const { token } = await stored()
    const gate = Promise.withResolvers<void>()
    const holder = elsewhere.exclusive(token, () => gate.promise)
    await settled()
    const outcomes = [300, 400].map((waitMs) => rejectionOf(sessions.exclusive(token, () => {}, { waitMs })))
    expect(await untilSettled(clock, Promise.all(outcomes))).toBe(400)
    for (const outcome of outcomes) expect((await outcome).code).toBe('ERR_LOCK_TIMEOUT')
    gate.resolve()
    await holder
  })
})

it('waiting for another process keeps this one alive, where nothing else does', () => {
  const program = `
    import { createSessions } from '@leeway/core'
    import { memoryStore } from '@leeway/core/memory'
    const records = new Map()
    const [one, other] = [1, 2].map(() => createSessions({ store: memoryStore({ records }) }))
    const { token } = await (await one.open()).login('alice')
    const begun = Promise.withResolvers()
    void one.exclusive(token, () => {
      begun.resolve()
      return new Promise(() => {})
    })
    await begun.promise
    await other.exclusive(token, () => {}, { waitMs: 100 }).catch(({ code }) => console.log(code))`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@leeway/source', '--input-type=module', '--eval', program],
    { cwd: fileURLToPath(new URL('.', import.meta.url)), encoding: 'utf8' },
  )
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'ERR_LOCK_TIMEOUT\n', stderr: '' })
})

describe('the options of exclusive', () => {
  it.each<[string, unknown]>([
    ['waitMs', -1],
    ['waitMs', 0.5],
    ['waitMs', Number.NaN],
    ['waitMs', '10'],
    ['waitMs', null],
    ['waitMs', 2 ** 31],
    ['leaseMs', 999],
    ['leaseMs', 1_000.5],
    ['leaseMs', Number.POSITIVE_INFINITY],
    ['leaseMs', 2 ** 31],
    ['wait', 1],
  ])('refuse %s %s', async (name, value) => {
    const { sessions, stored, backend } = setup()
    const { token } = await stored()
    const call = sessions.exclusive(token, () => {}, { [name]: value } as object)
    expect(await rejectionOf(call)).toMatchObject({ code: 'ERR_INVALID_OPTION', operation: 'exclusive' })
    expect(backend.calls).toEqual([])
  })

  it('take the shortest and the longest', async () => {
    const { sessions, stored } = setup()
    const { token } = await stored()
    for (const options of [
      { waitMs: 0, leaseMs: 1_000 },
      { waitMs: 2 ** 31 - 1, leaseMs: 2 ** 31 - 1 },
    ]) {
      expect(await sessions.exclusive(token, () => 'in', options)).toBe('in')
    }
  })

  it('are an object, and the callback is a function', async () => {
    const { sessions } = setup()
    for (const [work, options] of [
      [() => {}, null],
      [undefined, {}],
      [{ waitMs: 0 }, () => {}],
    ]) {
      const call = Reflect.apply(sessions.exclusive, sessions, [undefined, work, options])
      expect((await rejectionOf(call)).code).toBe('ERR_INVALID_OPTION')
    }
  })
})

describe('closing', () => {
  it('waits for callbacks, for their saves and for those in line', async () => {
    const { sessions, elsewhere, stored, open } = setup()
    const { token } = await stored()
    const gate = Promise.withResolvers<void>()
    const increment = () =>
      sessions.exclusive(token, async (session) => {
        await gate.promise
        session.data.n++
        await session.save()
      })
    await open(token)
    const callers = [increment(), increment()]
    await settled()
    let isClosed = false
    const closing = sessions.close().then(() => {
      isClosed = true
    })
    await settled()
    expect(isClosed).toBe(false)
    expect((await rejectionOf(sessions.exclusive(token, () => {}))).code).toBe('ERR_STORE_CLOSED')
    gate.resolve()
    await Promise.all(callers)
    await closing
    expect(await elsewhere.exclusive(token, ({ data }) => data.n, { waitMs: 0 })).toBe(2)
  })

  it('leaves no timer', async () => {
    const { sessions, stored, clock } = setup()
    const { token } = await stored()
    await Promise.all([1, 2, 3].map(() => sessions.exclusive(token, () => {})))
    expect(clock.pendingTimers).toBe(0)
    await sessions.close()
  })
})
