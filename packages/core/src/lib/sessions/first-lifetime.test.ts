import { describe, expect, it } from 'vitest'
import { manualClock } from '../manual-clock.ts'
import { memoryStore } from '../memory-store.ts'
import type { StoredSession } from '../store.ts'
import { everyOrder } from '../testing-orders.ts'
import { ABSOLUTE, GRACE, IDLE, setup, TOUCH, tokenIn } from '../testing-sessions.ts'
import type { Session } from './session.ts'
import { createSessions } from './sessions.ts'

const FIRST = 90_000

const world = (options: Parameters<typeof setup>[0] = {}) => setup({ firstIdleTimeoutMs: FIRST, ...options })

describe('a session that was stored for the first time', () => {
  it.each([
    [-1, false],
    [0, true],
    [1, true],
  ])('has ended %i ms from its first lifetime: %s', async (offset, isNew) => {
    const { clock, sessions, stored } = world()
    const { token } = await stored()
    clock.advance(FIRST + offset)
    expect((await sessions.open(token)).isNew).toBe(isNew)
  })

  it('is kept for the grace after it', async () => {
    const { clock, sessions } = world()
    const session = await sessions.open()
    await session.update((data) => void data.n++)
    expect(session.expiresAt).toBe(clock.now() + FIRST)
    expect(session.purgeAt).toBe(clock.now() + FIRST + GRACE)
  })

  it('gets no more by what the request that began it still writes', async () => {
    const { clock, sessions } = world()
    const session = await sessions.open()
    await session.update((data) => void data.n++)
    const end = session.expiresAt
    expect((await session.save()).status).toBe('unchanged')
    session.data.a = 1
    await session.save()
    session.setTimeouts({ idleTimeoutMs: ABSOLUTE })
    await session.save()
    expect(session.expiresAt).toBe(end)
    clock.advance(10)
    session.data.a = 2
    await session.save()
    expect(session.expiresAt).toBe(end + 10)
  })

  it('lives no longer than timeouts of its own, or its absolute end, allow', async () => {
    const { clock, sessions } = world({ absoluteTimeoutMs: FIRST - 1 })
    const session = await sessions.open()
    session.data.n = 1
    await session.save()
    expect(session.expiresAt).toBe(clock.now() + FIRST - 1)
    session.setTimeouts({ idleTimeoutMs: 5 })
    await session.save()
    expect(session.expiresAt).toBe(clock.now() + 5)
  })

  it('still cannot be told from others by its data', async () => {
    const { stored, open } = world()
    expect((await open((await stored()).token)).data).toEqual({ n: 0, a: 'stored' })
  })
})

describe('a second request with the token ends the first lifetime', () => {
  it.each<[string, string, (session: Session<{ n: number }>) => Promise<unknown>]>([
    ['by a save of nothing', 'touched', (session) => session.save()],
    [
      'by a save',
      'saved',
      (session) => {
        session.data.n = 1
        return session.save()
      },
    ],
    ['by an update', '', (session) => session.update((data) => void data.n++)],
    ['by a rotation', 'saved', (session) => session.rotate()],
    ['by a login', 'saved', (session) => session.login('alice')],
  ])('%s', async (_how, status, write) => {
    const { clock, stored, open } = world()
    const { token } = await stored()
    clock.advance(1)
    const session = await open(token)
    const answer = await write(session)
    if (status) expect(answer).toMatchObject({ status })
    expect(session.expiresAt).toBe(clock.now() + IDLE)
    clock.advance(TOUCH)
    const again = await session.save()
    expect(again.status).toBe('touched')
    expect(session.expiresAt).toBe(clock.now() + IDLE)
  })

  it('at once, however soon it comes, and only once', async () => {
    const { stored, open, backend, clock } = world({ firstIdleTimeoutMs: IDLE })
    const { token } = await stored()
    expect((await (await open(token)).save()).status).toBe('touched')
    backend.forget()
    expect((await (await open(token)).save()).status).toBe('unchanged')
    clock.advance(TOUCH)
    expect((await (await open(token)).save()).status).toBe('touched')
    expect(backend.calls).toEqual(['load', 'load', 'touch'])
  })

  it('until the grace after it is over, if it loaded the session before', async () => {
    for (const [offset, status] of [[-1, 'touched'] as const, [0, 'gone'] as const, [1, 'gone'] as const]) {
      const { clock, stored, open } = world()
      const { token } = await stored()
      const session = await open(token)
      clock.advance(FIRST + GRACE + offset)
      expect((await session.save()).status).toBe(status)
    }
  })

  it('and opening it alone does not', async () => {
    const { clock, sessions, stored, open } = world()
    const { token } = await stored()
    await open(token)
    clock.advance(FIRST)
    expect((await sessions.open(token)).isNew).toBe(true)
  })

  it('and keeps timeouts that the first request set', async () => {
    const { clock, sessions, open } = world()
    const first = await sessions.open()
    first.setTimeouts({ idleTimeoutMs: 2 * IDLE })
    first.data.n = 1
    const token = tokenIn(await first.save())
    const session = await open(token)
    await session.save()
    expect(session.expiresAt).toBe(clock.now() + 2 * IDLE)
  })

  it('and nothing is extended where the store fails: the next save does it', async () => {
    const { clock, stored, open, backend } = world()
    const { token } = await stored()
    const session = await open(token)
    backend.failNext('update')
    await expect(session.save()).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
    expect(session.expiresAt).toBe(clock.now() + FIRST)
    expect((await session.save()).status).toBe('touched')
    expect((await open(token)).expiresAt).toBe(clock.now() + IDLE)
  })

  it('and finds out that the session was logged out, or logged in to, instead', async () => {
    const { stored, open, elsewhere } = world()
    const { token } = await stored()
    const [one, two] = [await open(token), await open(token)]
    await (await elsewhere.open(token)).login('alice')
    expect(await one.save()).toEqual({ status: 'superseded', token: null })
    await elsewhere.revokeAll('alice')
    expect((await two.save()).status).toBe('gone')
  })
})

describe('a login', () => {
  it('begins a session without a first lifetime', async () => {
    const { clock, sessions } = world()
    const session = await sessions.open()
    await session.login('alice')
    expect(session.expiresAt).toBe(clock.now() + IDLE)
    session.data.n = 1
    await session.save()
    expect(session.expiresAt).toBe(clock.now() + IDLE)
  })

  it("over another owner's session begins one without it too", async () => {
    const { clock, loggedIn, open } = world()
    const session = await open((await loggedIn('alice')).token)
    await session.login('bob')
    expect(session.expiresAt).toBe(clock.now() + IDLE)
  })
})

it('sessions that were stored before there was a first lifetime have none', async () => {
  const { clock, records, stored } = setup()
  const { token } = await stored()
  const store = memoryStore({ records })
  const sessions = createSessions({ store, clock, firstIdleTimeoutMs: 1 })
  clock.advance(1000)
  const session = await sessions.open(token)
  expect(session.isNew).toBe(false)
  expect((await session.save()).status).toBe('unchanged')
})

describe('in every order of what the first request still writes and the second does', () => {
  const changes = ['a save of nothing', 'a change', 'timeouts'] as const
  it.each(changes.flatMap((first) => changes.map((second) => [first, second] as const)))(
    'the session lives on: %s, and %s',
    async (first, second) => {
      const orders = await everyOrder(async (stepped, finish) => {
        const records = new Map<string, StoredSession>()
        const clock = manualClock()
        const process = () =>
          createSessions({
            store: stepped(memoryStore({ records })),
            initialData: () => ({ a: 0, b: 0 }),
            clock,
            firstIdleTimeoutMs: FIRST,
            idleTimeoutMs: IDLE,
          })
        const session = await process().open()
        session.data.a = 1
        const begun = session.save()
        await finish()
        const opening = process().open(tokenIn(await begun))
        await finish()
        const other = await opening
        clock.advance(TOUCH)
        const write = (handle: typeof session, change: string, key: 'a' | 'b') => {
          if (change === 'a change') handle.data[key] = 2
          if (change === 'timeouts') handle.setTimeouts({ absoluteTimeoutMs: ABSOLUTE })
          return handle.save()
        }
        const saves = Promise.all([write(session, first, 'a'), write(other, second, 'b')])
        await finish()
        expect((await saves)[1].status).toMatch(/saved|touched/)
        expect([...records.values()]).toMatchObject([{ expiresAt: clock.now() + IDLE }])
      })
      expect(orders).toBeGreaterThan(1)
    },
  )
})
