import { describe, expect, it } from 'vitest'
import { rejectionOf } from '../testing-errors.ts'
import { ABSOLUTE, GRACE, setup, tokenIn } from '../testing-sessions.ts'

describe('what bindings ask of a session', () => {
  it('is how long it can live at most, down to nothing', async () => {
    const { stored, open, clock } = setup()
    const session = await open((await stored()).token)
    expect(session.remainingMs).toBe(ABSOLUTE)
    clock.advance(ABSOLUTE - 1)
    expect(session.remainingMs).toBe(1)
    clock.advance(2)
    expect(session.remainingMs).toBe(0)
  })

  it('is whether it was destroyed here, and not elsewhere or by a logout that failed', async () => {
    const { loggedIn, open, sessions, backend } = setup()
    const { token } = await loggedIn('alice')
    const [here, elsewhere] = [await open(token), await open(token)]
    backend.failNext('destroy')
    await rejectionOf(here.destroy())
    expect(here.isDestroyed).toBe(false)
    await here.destroy()
    expect(here.isDestroyed).toBe(true)
    await elsewhere.save()
    expect(elsewhere.isDestroyed).toBe(false)
    const other = await sessions.open(tokenIn(await (await sessions.open()).login('alice')))
    await other.login('bob')
    expect(other.isDestroyed).toBe(false)
  })

  it('is the token that it minted and stored, and no other', async () => {
    const { stored, open, sessions, backend } = setup()
    const fresh = await sessions.open()
    expect(fresh.mintedToken).toBeNull()
    fresh.data.n = 1
    backend.failNext('create')
    await rejectionOf(fresh.save())
    expect(fresh.mintedToken).toBeNull()
    const { token } = await fresh.save()
    expect(fresh.mintedToken).toBe(token)
    const resumed = await open((await stored()).token)
    await resumed.rotate()
    expect(resumed.mintedToken).toBeNull()
    const login = await resumed.login('alice')
    expect(resumed.mintedToken).toBe(login.token)
    await sessions.revokeAll('alice')
    resumed.data.n = 2
    await resumed.save()
    expect(resumed.mintedToken).toBeNull()
  })
})

describe('a request with the cookie from before a login', () => {
  /** What is opened by the old cookie this long after the login. */
  async function after(ms: number) {
    const context = setup()
    const { token } = await context.stored()
    await (await context.open(token)).login('alice')
    context.clock.advance(ms)
    return { ...context, session: await context.sessions.open(token) }
  }

  it.each([
    [0, true],
    [GRACE - 1, true],
    [GRACE, false],
    [GRACE + 1, false],
  ])('%d ms after it may have been sent before it: %s', async (ms, isOvertaken) => {
    const { session } = await after(ms)
    expect(session.isNew).toBe(true)
    expect(session.isOvertaken).toBe(isOvertaken)
  })

  it('counts as one of after the login once it has logged in itself', async () => {
    const { session } = await after(0)
    await session.login('alice')
    expect(session.isOvertaken).toBe(false)
  })

  it('is one among others where nobody has logged in, the session is over, or there was none', async () => {
    const { sessions, stored, loggedIn } = setup()
    const wrong = (token: string) => `${token.slice(0, 27)}${'x'.repeat(32)}`
    expect((await sessions.open(wrong((await stored()).token))).isOvertaken).toBe(false)
    expect((await sessions.open(undefined)).isOvertaken).toBe(false)
    const { token } = await loggedIn('alice')
    expect((await sessions.open(wrong(token))).isOvertaken).toBe(true)
    expect((await sessions.open(token)).isOvertaken).toBe(false)
    await (await sessions.open(token)).destroy()
    expect((await sessions.open(wrong(token))).isOvertaken).toBe(false)
  })
})
