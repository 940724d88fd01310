import { describe, expect, it } from 'vitest'
import { memoryStore } from '../memory-store.ts'
import { rejectionOf } from '../testing-errors.ts'
import { everyOrder } from '../testing-orders.ts'
import { ABSOLUTE, GRACE, setup, TOUCH, tokenIn } from '../testing-sessions.ts'
import { createSessions } from './sessions.ts'

describe('a login', () => {
  it('binds the owner, replaces the secret, keeps id and data, and saves local changes with it', async () => {
    const { sessions, stored, open, records } = setup()
    const { token, id } = await stored({ a: 'cart' })
    const session = await open(token)
    session.data.b = 'unsaved'
    const result = await session.login('alice')
    expect(result.status).toBe('saved')
    const after = await open(result.token)
    expect(after).toMatchObject({ id, owner: 'alice', data: { n: 0, a: 'cart', b: 'unsaved' } })
    expect(session.owner).toBe('alice')
    expect((await sessions.open(token)).isNew).toBe(true)
    expect(records.size).toBe(1)
  })

  it('of a session that was not stored stores it', async () => {
    const { sessions, open } = setup()
    const session = await sessions.open()
    const { id } = session
    expect(await open(tokenIn(await session.login('alice')))).toMatchObject({ id, owner: 'alice', data: { n: 0 } })
  })

  it('again with the same owner keeps the session and replaces the secret', async () => {
    const { sessions, loggedIn, open } = setup()
    const { token, id } = await loggedIn('alice')
    const again = await (await open(token)).login('alice')
    expect((await open(again.token)).id).toBe(id)
    expect((await sessions.open(token)).isNew).toBe(true)
  })

  it('over another owner destroys their session and begins a fresh one, with fresh data', async () => {
    const { sessions, loggedIn, open, records } = setup()
    const { token, id } = await loggedIn('alice')
    const session = await open(token)
    session.data.a = "alice's"
    await session.save()
    session.data.b = "alice's, unsaved"
    const result = await session.login('bob')
    expect(session.id).not.toBe(id)
    expect(session).toMatchObject({ owner: 'bob', data: { n: 0 } })
    expect(await open(result.token)).toMatchObject({ id: session.id, owner: 'bob', data: { n: 0 } })
    expect((await sessions.open(token)).isNew).toBe(true)
    expect([...records.keys()]).toEqual([`default:${session.id}`])
  })

  it('over another owner keeps the timeouts that this request set', async () => {
    const { clock, loggedIn, open } = setup()
    const session = await open((await loggedIn('alice')).token)
    session.setTimeouts({ absoluteTimeoutMs: 10 * ABSOLUTE })
    const { token } = await session.login('bob')
    expect((await open(token)).absoluteExpiresAt).toBe(clock.now() + 10 * ABSOLUTE)
  })

  it('over another owner leaves no two operations of one handle running at once', async () => {
    const { loggedIn, open, backend, elsewhere } = setup()
    const session = await open((await loggedIn('alice')).token)
    const held = backend.holdNext('update')
    const login = session.login('bob')
    const counting = session.update((data) => void data.n++)
    const { token } = await login
    await held.reached
    backend.beforeNext('update', async () => {
      await (await elsewhere.open(token)).update((data) => void Object.assign(data, { b: 'theirs' }))
    })
    session.data.a = 'after'
    const saving = session.save()
    held.release()
    await Promise.all([counting, saving])
    expect((await open(token)).data).toEqual({ n: 1, a: 'after', b: 'theirs' })
  })

  it('begins the absolute timeout anew', async () => {
    const { clock, stored, open } = setup()
    const { token } = await stored()
    clock.advance(TOUCH)
    const session = await open(token)
    await session.login('alice')
    expect(session.absoluteExpiresAt).toBe(clock.now() + ABSOLUTE)
  })

  it.each([
    ['empty', ''],
    ['longer than 255 characters', 'x'.repeat(256)],
    ['a megabyte', 'x'.repeat(1_048_576)],
    ['not well formed', 'a\ud800'],
    ['null', null],
    ['a number', 42],
    ['an object', { toString: () => 'alice' }],
  ])('of an owner that is %s is rejected, and writes nothing', async (_what, owner) => {
    const { stored, open, backend } = setup()
    const session = await open((await stored()).token)
    backend.forget()
    expect((await rejectionOf(session.login(owner as string))).code).toBe('ERR_INVALID_OPTION')
    expect(backend.calls).toEqual([])
  })

  it('takes an owner of 255 characters, whatever they are', async () => {
    const { sessions, open } = setup()
    for (const owner of ['x'.repeat(255), '\u{1F600}', '__proto__', '../..', 'a:b', ' ']) {
      expect((await open((await (await sessions.open()).login(owner)).token)).owner).toBe(owner)
      expect(await sessions.list(owner)).toHaveLength(1)
    }
  })

  it.each([-1, 0.5, Number.NaN, '0', null])('refuses credentials checked at %s from now', async (offset) => {
    const { sessions, clock } = setup()
    const session = await sessions.open()
    const credentialsCheckedAt = (typeof offset === 'number' ? clock.now() - offset : offset) as number
    expect((await rejectionOf(session.login('alice', { credentialsCheckedAt }))).code).toBe('ERR_INVALID_OPTION')
  })
})

describe('the wall', () => {
  it('supersedes saves, updates, rotations and touches of requests that loaded the session before', async () => {
    const { clock, stored, open, records } = setup()
    const { token } = await stored()
    clock.advance(TOUCH)
    const attempts = {
      save: await open(token),
      update: await open(token),
      rotate: await open(token),
      touch: await open(token),
    }
    attempts.save.data.a = 'planted'
    await (await open(token)).login('alice')
    const after = [...records.values()]
    expect(await attempts.save.save()).toEqual({ status: 'superseded', token: null })
    const updating = attempts.update.update((data) => void Object.assign(data, { a: 'planted' }))
    expect((await rejectionOf(updating)).code).toBe('ERR_SUPERSEDED')
    expect(await attempts.rotate.rotate()).toEqual({ status: 'superseded', token: null })
    expect(await attempts.touch.save()).toEqual({ status: 'unchanged', token: null })
    expect([...records.values()]).toEqual(after)
  })

  it('stops a save that is waiting in the queue behind the login', async () => {
    const { stored, open, backend } = setup()
    const { token } = await stored()
    const [login, save] = [await open(token), await open(token)]
    const held = backend.holdNext('update')
    const loggingIn = login.login('alice')
    await held.reached
    save.data.a = 'planted'
    const saving = save.save()
    held.release()
    const { token: secret } = await loggingIn
    expect((await saving).status).toBe('superseded')
    expect((await open(secret)).data.a).toBe('stored')
  })

  it('lets a save that came first be seen by the login, and keeps it', async () => {
    const { stored, open } = setup()
    const { token } = await stored()
    const [login, save] = [await open(token), await open(token)]
    save.data.b = 'first'
    await save.save()
    const { token: secret } = await login.login('alice')
    expect((await open(secret)).data).toEqual({ n: 0, a: 'stored', b: 'first' })
  })

  it('of two logins at once lets one through: the other is a conflict, and its secret opens nothing', async () => {
    const { stored, open } = setup()
    const { token, id } = await stored()
    const [one, two] = [await open(token), await open(token)]
    const results = await Promise.allSettled([one.login('alice'), two.login('mallory')])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(results[1]).toMatchObject({ reason: { code: 'ERR_CONFLICT' } })
    expect(await two.save()).toMatchObject({ token: null })
    const [winner] = results
    if (winner?.status !== 'fulfilled') throw new Error('no login won')
    expect(await open(winner.value.token)).toMatchObject({ id, owner: 'alice' })
  })

  it('sends nobody the secret from before it, however late the response', async () => {
    const { stored, open } = setup()
    const { token } = await stored()
    await (await open(token)).rotate()
    // Both derive the pending secret when they open.
    const slow = await open(token)
    const login = await open(token)
    await login.login('alice')
    expect(await slow.save()).toEqual({ status: 'unchanged', token: null })
    expect(await slow.rotate()).toEqual({ status: 'superseded', token: null })
    slow.data.a = 1
    expect(await slow.save()).toEqual({ status: 'superseded', token: null })
  })

  it('does not let a conflict on a key through either: the session stays as it was, and logging in again works', async () => {
    const { sessions, stored, open } = setup()
    const { token } = await stored({ a: 1 })
    const [login, save] = [await open(token), await open(token)]
    save.data.a = 2
    login.data.a = 3
    await save.save()
    expect(await rejectionOf(login.login('alice'))).toMatchObject({ code: 'ERR_CONFLICT', keys: ['a'] })
    expect((await open(token)).owner).toBeNull()
    login.data.a = 2
    const { token: secret } = await login.login('alice')
    expect((await open(secret)).owner).toBe('alice')
    expect((await sessions.open(token)).isNew).toBe(true)
  })

  it('is a conflict where the session was destroyed meanwhile, and brings nothing back', async () => {
    const { stored, open, records } = setup()
    const { token } = await stored()
    const login = await open(token)
    await (await open(token)).destroy()
    expect((await rejectionOf(login.login('alice'))).code).toBe('ERR_CONFLICT')
    expect(records.size).toBe(0)
  })

  it("is a conflict where another owner's session ended meanwhile, and begins none", async () => {
    const { loggedIn, open, records } = setup()
    const { token } = await loggedIn('alice')
    const login = await open(token)
    await (await open(token)).destroy()
    expect((await rejectionOf(login.login('bob'))).code).toBe('ERR_CONFLICT')
    expect(records.size).toBe(0)
    expect((await login.save()).status).toBe('gone')
  })
})

describe('a login and a revocation', () => {
  it.each([
    [-1, 'ERR_REVOKED'],
    [0, 'ERR_REVOKED'],
    [1, 'saved'],
  ])('with credentials checked %i ms after it: %s', async (offset, outcome) => {
    const { sessions, clock, stored, open } = setup()
    const { token } = await stored()
    await sessions.revokeAll('alice')
    const revokedAt = clock.now()
    clock.advance(10)
    const session = await open(token)
    const login = session.login('alice', { credentialsCheckedAt: revokedAt + offset })
    if (outcome === 'saved') expect((await login).status).toBe('saved')
    else {
      expect((await rejectionOf(login)).code).toBe(outcome)
      expect((await session.save()).status).toBe('gone')
      expect((await sessions.open(token)).isNew).toBe(true)
      expect(await sessions.list('alice')).toEqual([])
    }
  })

  it('counts the credentials as checked when the session was opened, unless told otherwise', async () => {
    const { sessions, clock, stored, open } = setup()
    const session = await open((await stored()).token)
    clock.advance(5)
    await sessions.revokeAll('alice')
    clock.advance(5)
    expect((await rejectionOf(session.login('alice'))).code).toBe('ERR_REVOKED')
  })

  it('does not concern another owner', async () => {
    const { sessions, stored, open } = setup()
    const session = await open((await stored()).token)
    await sessions.revokeAll('alice')
    expect((await session.login('bob')).status).toBe('saved')
  })

  it.each([
    [-1, 'saved'],
    [0, 'saved'],
    [1, 'ERR_REVOKED'],
  ])(
    'with credentials older than the grace by %i ms: %s, and the session is left as it was',
    async (offset, outcome) => {
      const { clock, stored, open, backend } = setup()
      const { token } = await stored()
      const session = await open(token)
      clock.advance(GRACE + offset)
      backend.forget()
      if (outcome === 'saved') expect((await session.login('alice')).status).toBe('saved')
      else {
        expect((await rejectionOf(session.login('alice'))).code).toBe(outcome)
        expect(backend.calls).toEqual([])
        expect((await open(token)).data.a).toBe('stored')
        expect((await session.login('alice', { credentialsCheckedAt: clock.now() })).status).toBe('saved')
      }
    },
  )

  it('is refused where the marker cannot be read', async () => {
    const { sessions, backend, stored, open } = setup()
    const { token } = await stored()
    const session = await open(token)
    backend.failNext('load')
    expect((await rejectionOf(session.login('alice'))).code).toBe('ERR_STORE_FAILED')
    expect(await sessions.list('alice')).toEqual([])
    expect((await session.save()).status).toBe('gone')
  })

  it('in every order of their store calls, nobody stays logged in', async () => {
    for (const isNew of [true, false]) {
      const orders = await everyOrder(async (stepped, finish) => {
        const { clock, elsewhere, records, stored } = setup()
        const { token } = await stored()
        const shared = { clock, graceMs: GRACE }
        const login = createSessions({ store: stepped(memoryStore({ records })), ...shared })
        const revoke = createSessions({ store: stepped(memoryStore({ records })), ...shared })
        const checkedAt = clock.now()
        const opening = login.open(isNew ? undefined : token)
        await finish()
        const session = await opening
        clock.advance(1)
        const done = Promise.allSettled([
          session.login('alice', { credentialsCheckedAt: checkedAt }),
          revoke.revokeAll('alice'),
        ])
        await finish()
        const [loggedIn, revoked] = await done
        expect(revoked.status).toBe('fulfilled')
        expect(await elsewhere.list('alice')).toEqual([])
        if (loggedIn.status === 'rejected') expect(loggedIn.reason).toMatchObject({ code: 'ERR_REVOKED' })
        else expect((await elsewhere.open(loggedIn.value.token)).isNew).toBe(true)
      })
      expect(orders).toBeGreaterThan(10)
    }
  })
})
