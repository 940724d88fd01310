import { describe, expect, it } from 'vitest'
import { rejectionOf } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { ABSOLUTE, GRACE, IDLE, type Setup, setup } from '../testing-sessions.ts'

type Handle = Awaited<ReturnType<Setup['open']>>

/** Every way in which a request can be late, and the answer that says so. */
const ways: [string, (session: Handle, now: number) => Promise<unknown>][] = [
  [
    'a save',
    async (session) => {
      session.data.n = 1
      return (await session.save()).status
    },
  ],
  ['a touch', async (session) => (await session.save()).status],
  ['a rotation', async (session) => (await session.rotate()).status],
  [
    'an update',
    (session) =>
      session
        .update((data) => void data.n++)
        .then(
          () => 'updated',
          (error) => error.code,
        ),
  ],
  [
    'a login',
    (session, now) =>
      session.login('alice', { credentialsCheckedAt: now }).then(
        () => 'logged in',
        (error) => error.code,
      ),
  ],
]

const inTime: Record<string, string> = {
  'a save': 'saved',
  'a touch': 'touched',
  'a rotation': 'saved',
  'an update': 'updated',
  'a login': 'logged in',
}
const tooLate: Record<string, string> = {
  'a save': 'gone',
  'a touch': 'gone',
  'a rotation': 'gone',
  'an update': 'ERR_GONE',
  'a login': 'ERR_CONFLICT',
}

/** What a store may have done with a record by now: a sweeping one still has it, or swept it; a native TTL dropped it. */
const stores: [string, (world: Setup) => Promise<unknown>][] = [
  ['the bytes still there', async () => {}],
  ['a sweep just before', (world) => world.sessions.sweep()],
  [
    'a TTL that fired',
    async ({ records, clock }) => {
      for (const [key, { purgeAt }] of records) if (purgeAt <= clock.now()) records.delete(key)
    },
  ],
]

describe.each(stores)('with %s', (_store, purge) => {
  for (const [name, act] of ways) {
    it.each([-1, 0, 1])(
      `${name} at the purge time %i ms counts while a request within the grace may renew`,
      async (offset) => {
        const world = setup()
        const { token, id } = await world.stored()
        const session = await world.open(token)
        world.clock.advance(IDLE + GRACE + offset)
        await purge(world)
        using events = recordEvents()
        expect(await act(session, world.clock.now())).toBe(offset < 0 ? inTime[name] : tooLate[name])
        if (offset < 0) {
          expect(world.records.get(`default:${id}`)?.expiresAt).toBe(world.clock.now() + IDLE)
          expect(events.named('leeway:session:gone')).toEqual([])
        } else {
          expect(events.named('leeway:session:gone')).toHaveLength(1)
          expect(events.named('leeway:session:create')).toEqual([])
          expect(world.backend.calls.filter((call) => call !== 'load' && call !== 'sweep')).toEqual([])
        }
      },
    )
  }

  it('a session past its purge is gone for good, whatever is tried next', async () => {
    const world = setup()
    const session = await world.open((await world.stored()).token)
    world.clock.advance(IDLE + GRACE)
    await purge(world)
    session.data.n = 1
    expect((await session.save()).status).toBe('gone')
    world.backend.forget()
    expect((await session.save()).status).toBe('gone')
    expect((await session.rotate()).status).toBe('gone')
    expect((await rejectionOf(session.update((data) => void data.n++))).code).toBe('ERR_GONE')
    expect((await rejectionOf(session.login('alice', { credentialsCheckedAt: world.clock.now() }))).code).toBe(
      'ERR_CONFLICT',
    )
    expect(world.backend.calls).toEqual([])
  })

  it('a touch past the absolute end and its grace is gone, like one past the idle end', async () => {
    const world = setup({ idleTimeoutMs: ABSOLUTE })
    const session = await world.open((await world.stored()).token)
    world.clock.advance(ABSOLUTE + GRACE - 1)
    expect((await session.save()).status).toBe('unchanged')
    world.clock.advance(1)
    await purge(world)
    expect((await session.save()).status).toBe('gone')
  })
})

describe('a request that has outlived the purge time it knew of', () => {
  /** Somebody else has used the session at the last moment, so that it lives on. */
  async function outlived(other: (session: Handle) => Promise<unknown>) {
    const world = setup()
    const { token, id } = await world.stored({ a: 1 })
    const slow = await world.open(token)
    world.clock.advance(IDLE - 1)
    await other(await world.open(token))
    world.clock.advance(GRACE + 1)
    expect(world.clock.now()).toBe(slow.purgeAt)
    await world.sessions.sweep()
    world.backend.forget()
    return { ...world, slow, token, id }
  }

  it('saves where somebody touched the session meanwhile', async () => {
    const { slow, open, token, backend } = await outlived((session) => session.save())
    slow.data.n = 1
    expect((await slow.save()).status).toBe('saved')
    expect(backend.calls).toEqual(['load', 'update'])
    expect((await open(token)).data).toEqual({ n: 1, a: 1 })
  })

  it('merges where somebody saved it meanwhile', async () => {
    const { slow, open, token } = await outlived((session) => {
      session.data.b = 'theirs'
      return session.save()
    })
    slow.data.n = 1
    expect((await slow.save()).status).toBe('saved')
    expect(slow.data).toEqual({ n: 1, a: 1, b: 'theirs' })
    expect((await open(token)).data).toEqual({ n: 1, a: 1, b: 'theirs' })
  })

  it('updates what is stored now', async () => {
    const { slow, open, token } = await outlived((session) => session.update((data) => Object.assign(data, { n: 5 })))
    expect(await slow.update((data) => void data.n++)).toEqual({ n: 6, a: 1 })
    expect((await open(token)).data.n).toBe(6)
  })

  it('touches', async () => {
    const { slow, open, token, clock } = await outlived((session) => session.save())
    expect((await slow.save()).status).toBe('touched')
    expect((await open(token)).expiresAt).toBe(clock.now() + IDLE)
  })

  it('does not stretch a session whose timeout somebody shortened meanwhile', async () => {
    const { slow, records, id, clock } = await outlived((session) => {
      session.setTimeouts({ idleTimeoutMs: GRACE + 2 })
      return session.save()
    })
    expect((await slow.save()).status).toBe('touched')
    expect(records.get(`default:${id}`)?.expiresAt).toBe(clock.now() + GRACE + 2)
  })

  it('is superseded where somebody logged in meanwhile', async () => {
    const { slow, backend } = await outlived((session) => session.login('alice'))
    expect((await slow.save()).status).toBe('superseded')
    slow.data.n = 1
    expect((await slow.save()).status).toBe('superseded')
    expect(backend.calls).toEqual(['load', 'load'])
  })

  it('is told that the session has gone where somebody logged out meanwhile', async () => {
    const { slow, records } = await outlived((session) => session.destroy())
    slow.data.n = 1
    expect((await slow.save()).status).toBe('gone')
    expect(records.size).toBe(0)
  })
})

describe('the sweep', () => {
  it.each([-1, 0, 1])('removes a record at its purge time %i ms', async (offset) => {
    const { sessions, clock, records, stored } = setup()
    await stored()
    clock.advance(IDLE + GRACE + offset)
    expect(await sessions.sweep()).toMatchObject({ removed: offset < 0 ? 0 : 1 })
    expect(records.size).toBe(offset < 0 ? 1 : 0)
  })

  it('does not take a session that a request saved in the grace', async () => {
    const { sessions, clock, stored, open } = setup()
    const { token } = await stored()
    const slow = await open(token)
    clock.advance(IDLE)
    expect((await sessions.open(token)).isNew).toBe(true)
    clock.advance(GRACE - 1)
    slow.data.n = 1
    expect((await slow.save()).status).toBe('saved')
    clock.advance(1)
    expect((await sessions.sweep()).removed).toBe(0)
    expect((await open(token)).data.n).toBe(1)
  })

  it('between the check and the write of a save leaves it gone, not half done', async () => {
    const { sessions, clock, records, backend, stored, open } = setup()
    const session = await open((await stored()).token)
    clock.advance(IDLE + GRACE - 1)
    session.data.n = 1
    const held = backend.holdNext('update')
    const saving = session.save()
    await held.reached
    clock.advance(1)
    await sessions.sweep()
    held.release()
    expect((await saving).status).toBe('gone')
    expect(records.size).toBe(0)
  })
})
