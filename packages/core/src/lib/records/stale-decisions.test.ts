import { describe, expect, it } from 'vitest'
import { rejectionOf } from '../testing-errors.ts'
import { setup } from '../testing-sessions.ts'

describe('a refusal is decided on what is stored now, not on what this request has seen of it', () => {
  it('where the callback of an update throws', async () => {
    const { stored, open, elsewhere } = setup()
    const { token } = await stored({ n: 0, a: 1 })
    const session = await open(token)
    await (await elsewhere.open(token)).update((data) => void data.n++)
    const buy = (data: { n: number }) => {
      if (data.n === 0) throw new RangeError('out of stock')
      data.n--
    }
    expect((await session.update(buy)).n).toBe(0)
    await expect(session.update(buy)).rejects.toThrow('out of stock')
    expect((await open(token)).data.n).toBe(0)
  })

  /** A request that changed a key which somebody else had changed too, as it learned when it rotated the secret. */
  async function conflicting() {
    const world = setup()
    const { token } = await world.stored({ a: 0 })
    const session = await world.open(token)
    const other = await world.elsewhere.open(token)
    other.data.a = 1
    await other.save()
    await session.rotate()
    session.data.a = 2
    return { ...world, token, session, other }
  }

  it('where a key conflicts, and does', async () => {
    const { session } = await conflicting()
    expect(await rejectionOf(session.save())).toMatchObject({ code: 'ERR_CONFLICT', keys: ['a'] })
  })

  it('where a key conflicted, and no longer does', async () => {
    const { session, other, open, token } = await conflicting()
    other.data.a = 2
    await other.save()
    expect((await session.save()).status).toBe('saved')
    expect((await open(token)).data.a).toBe(2)
  })

  it('where the session was logged out meanwhile', async () => {
    const { session, other } = await conflicting()
    await other.destroy()
    expect((await session.save()).status).toBe('gone')
  })

  it('where the session was logged in to meanwhile', async () => {
    const { session, other } = await conflicting()
    await other.login('alice')
    expect((await session.save()).status).toBe('superseded')
  })
})

it.each([0, 4, 9])(
  'a save that waited behind a slow one starts from what its own request loaded, %i writes after a login',
  async (others) => {
    const { stored, open, elsewhere, backend } = setup()
    const { token } = await stored({ a: 0 })
    const slow = await open(token)
    slow.data.a = 1
    const applied = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<void>()
    backend.afterNext('update', () => {
      applied.resolve()
      return answer.promise
    })
    const saving = slow.save()
    await applied.promise
    const login = await (await elsewhere.open(token)).login('alice')
    for (let i = 0; i < others; i++) await (await elsewhere.open(login.token)).update((data) => void data.n++)
    const loggedIn = await open(login.token)
    loggedIn.data.b = 1
    const waiting = loggedIn.save()
    answer.resolve()
    expect((await saving).status).toBe('saved')
    expect((await waiting).status).toBe('saved')
    expect(loggedIn.data).toEqual({ n: others, a: 1, b: 1 })
  },
)
