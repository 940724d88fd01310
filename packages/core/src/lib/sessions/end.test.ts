import { describe, expect, it } from 'vitest'
import { rejectionOf } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { ABSOLUTE, GRACE, IDLE, setup, TOUCH } from '../testing-sessions.ts'
import type { Session } from './session.ts'

const acts: [name: string, act: (session: Session<{ n: number }>) => Promise<unknown>, gone: unknown][] = [
  [
    'save',
    (session) => {
      session.data.n = 9
      return session.save()
    },
    { status: 'gone', token: null },
  ],
  ['touch', (session) => session.save(), { status: 'gone', token: null }],
  ['update', (session) => session.update((data) => void data.n++), 'ERR_GONE'],
  ['update without a change', (session) => session.update(() => {}), 'ERR_GONE'],
  ['rotate', (session) => session.rotate(), { status: 'gone', token: null }],
  ['login', (session) => session.login('alice'), 'ERR_CONFLICT'],
  ['destroy', (session) => session.destroy(), { status: 'gone' }],
]

async function answerOf(promise: Promise<unknown>, expected: unknown): Promise<unknown> {
  return typeof expected === 'string' ? (await rejectionOf(promise)).code : promise
}

describe.each(acts)('%s after the session ended', (_name, act, gone) => {
  it.each(['another request', 'another process', 'this handle', 'an administrator'])('by %s: gone', async (who) => {
    const { clock, sessions, elsewhere, loggedIn, open, records, backend } = setup()
    const { token, id } = await loggedIn('carol')
    clock.advance(TOUCH)
    const session = await open(token)
    if (who === 'another request') await (await open(token)).destroy()
    else if (who === 'another process') await (await elsewhere.open(token)).destroy()
    else if (who === 'this handle') await session.destroy()
    else await sessions.revoke('carol', id)
    backend.forget()
    // A login as somebody else meets the end when it destroys, one as the same owner when it writes: both are conflicts.
    expect(await answerOf(act(session), gone)).toEqual(gone)
    expect(backend.calls).not.toContain('create')
    expect(records.size).toBe(0)
    expect((await sessions.open(token)).isNew).toBe(true)
    // And again: a handle that knows keeps saying so.
    expect(await answerOf(act(session), gone)).toEqual(gone)
    expect(records.size).toBe(0)
  })
})

const late = acts.filter(([name]) => name !== 'destroy' && name !== 'login')

describe.each(late)('%s around the purge time', (_name, act, gone) => {
  // A store that still has the bytes, one that was swept, and one that somebody else renewed: the same rule each time.
  it.each([
    [-1, 'kept', false],
    [0, 'kept', true],
    [0, 'swept', true],
    [1, 'kept', true],
    [1, 'swept', true],
  ] as const)('%i ms from it, with the bytes %s, gone: %s', async (offset, bytes, isGone) => {
    const { clock, sessions, stored, open, records } = setup()
    const session = await open((await stored()).token)
    clock.advance(IDLE + GRACE + offset)
    if (bytes === 'swept') {
      await sessions.sweep()
      expect(records.size).toBe(0)
    }
    const before = [...records.values()]
    if (isGone) {
      expect(await answerOf(act(session), gone)).toEqual(gone)
      expect([...records.values()]).toEqual(before)
    } else {
      await act(session)
      expect((await session.save()).status).not.toBe('gone')
      expect(records.size).toBe(1)
    }
  })

  it('that somebody moved meanwhile: it goes on', async () => {
    const { clock, stored, open, elsewhere, sessions } = setup()
    const { token } = await stored()
    const session = await open(token)
    clock.advance(IDLE - 1)
    await (await elsewhere.open(token)).save()
    clock.advance(GRACE + 1)
    await sessions.sweep()
    const answer = await act(session)
    expect(answer).not.toMatchObject({ status: 'gone' })
    expect((await open(token)).isNew).toBe(false)
  })
})

describe('an ended session', () => {
  it('is an event, once for each refusal', async () => {
    const { stored, open } = setup()
    const { token, id } = await stored()
    const session = await open(token)
    await (await open(token)).destroy()
    session.data.n = 1
    using events = recordEvents()
    await session.save()
    expect(events.all).toEqual([{ name: 'leeway:session:gone', message: { id, operation: 'save' } }])
  })

  it('cannot be brought back by a save that was under way when it was destroyed', async () => {
    const { stored, open, backend, records } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.data.n = 1
    const held = backend.holdNext('update')
    const saving = session.save()
    await held.reached
    await (await open(token)).destroy()
    held.release()
    expect((await saving).status).toBe('gone')
    expect(records.size).toBe(0)
  })

  it('is destroyed after the save that its handle called before, awaited or not', async () => {
    const { stored, open, records } = setup()
    const session = await open((await stored()).token)
    session.data.n = 1
    const [saved, destroyed, again] = await Promise.all([session.save(), session.destroy(), session.save()])
    expect([saved.status, destroyed.status, again.status]).toEqual(['saved', 'destroyed', 'gone'])
    expect(records.size).toBe(0)
  })

  it('in the overlap of its grace is saved by who loaded it in time, and lives again', async () => {
    const { clock, sessions, stored, open } = setup()
    const { token } = await stored()
    const session = await open(token)
    clock.advance(IDLE)
    expect((await sessions.open(token)).isNew).toBe(true)
    session.data.n = 1
    expect((await session.save()).status).toBe('saved')
    expect((await open(token)).data.n).toBe(1)
  })
})

describe('timeouts of its own', () => {
  it('take effect with the next save, also where nothing else changed', async () => {
    const { clock, stored, open } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.setTimeouts({ idleTimeoutMs: 7 * ABSOLUTE, absoluteTimeoutMs: 10 * ABSOLUTE })
    expect(session.expiresAt).toBe(clock.now() + IDLE)
    expect((await session.save()).status).toBe('saved')
    expect(session).toMatchObject({
      expiresAt: clock.now() + 7 * ABSOLUTE,
      absoluteExpiresAt: clock.now() + 10 * ABSOLUTE,
    })
    expect((await session.save()).status).toBe('unchanged')
    clock.advance(7 * ABSOLUTE - 1)
    expect((await open(token)).expiresAt).toBe(session.expiresAt)
  })

  it('are kept by later saves and touches, and by logins', async () => {
    const { clock, stored, open } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.setTimeouts({ idleTimeoutMs: 2 * IDLE })
    await session.save()
    clock.advance(2 * TOUCH)
    const touching = await open(token)
    expect((await touching.save()).status).toBe('touched')
    expect(touching.expiresAt).toBe(clock.now() + 2 * IDLE)
    const { token: secret } = await touching.login('alice')
    expect((await open(secret)).expiresAt).toBe(clock.now() + 2 * IDLE)
  })

  it('shorten the life, and the record still stays as long as anybody may have been told', async () => {
    const { clock, sessions, stored, open, records } = setup()
    const { token, id } = await stored()
    const { purgeAt } = await open(token)
    const session = await open(token)
    session.setTimeouts({ idleTimeoutMs: 10 })
    await session.save()
    expect(session.expiresAt).toBe(clock.now() + 10)
    expect(records.get(`default:${id}`)).toMatchObject({ expiresAt: clock.now() + 10, purgeAt })
    clock.advance(10)
    expect((await sessions.open(token)).isNew).toBe(true)
  })

  it('set twice before a save: what the later leaves out stays as the earlier said', async () => {
    const { clock, stored, open } = setup()
    const session = await open((await stored()).token)
    session.setTimeouts({ idleTimeoutMs: 5000, absoluteTimeoutMs: 50_000 })
    session.setTimeouts({ idleTimeoutMs: 6000 })
    await session.save()
    expect([session.expiresAt, session.absoluteExpiresAt]).toEqual([clock.now() + 6000, clock.now() + 50_000])
  })

  it('are kept for the next save where one fails', async () => {
    const { clock, stored, open, backend } = setup()
    const session = await open((await stored()).token)
    session.setTimeouts({ idleTimeoutMs: 5000 })
    backend.failNext('update')
    await rejectionOf(session.save())
    expect((await session.save()).status).toBe('saved')
    expect(session.expiresAt).toBe(clock.now() + 5000)
  })

  it('never let the idle end pass the absolute one', async () => {
    const { clock, sessions, stored, open } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.setTimeouts({ absoluteTimeoutMs: 1000 })
    await session.save()
    expect(session.expiresAt).toBe(clock.now() + 1000)
    clock.advance(999)
    await (await open(token)).save()
    clock.advance(1)
    expect((await sessions.open(token)).isNew).toBe(true)
  })

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null])('are refused as %s', async (value) => {
    const { sessions } = setup()
    const session = await sessions.open()
    for (const name of ['idleTimeoutMs', 'absoluteTimeoutMs']) {
      expect(() => session.setTimeouts({ [name]: value as number })).toThrow(name)
    }
  })
})
