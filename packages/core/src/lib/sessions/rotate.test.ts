import { describe, expect, it } from 'vitest'
import { recordEvents } from '../testing-events.ts'
import { GRACE, IDLE, OVERLAP, type Setup, setup, TOUCH, tokenIn } from '../testing-sessions.ts'

/** A session with a rotation that is pending: the current token and the next. */
async function rotating(scene: Setup): Promise<{ token: string; next: string; id: string }> {
  const { token, id } = await scene.stored()
  return { token, id, next: tokenIn(await (await scene.open(token)).rotate()) }
}

describe('a rotation', () => {
  it('gives another secret for the same session, and leaves the data unsaved', async () => {
    const { stored, open } = setup()
    const { token, id } = await stored()
    const session = await open(token)
    session.data.a = 'unsaved'
    const { status, token: next } = await session.rotate()
    expect(status).toBe('saved')
    expect(next).not.toBe(token)
    expect(next?.startsWith(`${id}.`)).toBe(true)
    expect((await open(next)).data).toEqual({ n: 0, a: 'stored' })
    expect(session.data.a).toBe('unsaved')
  })

  it('is pending until its secret is presented: the old one works for as long as the session lives', async () => {
    const scene = setup()
    const { token } = await rotating(scene)
    scene.clock.advance(IDLE - 1)
    expect((await scene.open(token)).isNew).toBe(false)
  })

  it('whose response was lost is derived again by every request with the old secret, and by whatever it does', async () => {
    const scene = setup()
    const { token, next } = await rotating(scene)
    const writes = [...scene.records.values()]
    const results = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const session = await scene.open(token)
        return i % 2 === 0 ? session.rotate() : session.save()
      }),
    )
    expect(new Set(results.map((result) => result.token))).toEqual(new Set([next]))
    expect([...scene.records.values()]).toEqual(writes)
    scene.clock.advance(TOUCH)
    expect(await (await scene.open(token)).save()).toEqual({ status: 'touched', token: next })
    const session = await scene.open(token)
    session.data.n = 1
    expect(await session.save()).toEqual({ status: 'saved', token: next })
  })

  it('by many parallel requests at once is one rotation', async () => {
    const { stored, open } = setup()
    const { token } = await stored()
    const handles = await Promise.all(Array.from({ length: 20 }, () => open(token)))
    const results = await Promise.all(handles.map((session) => session.rotate()))
    expect(new Set(results.map((result) => result.token)).size).toBe(1)
    expect(results.filter(({ status }) => status === 'saved')).toHaveLength(1)
    expect((await open(results[0]?.token)).isNew).toBe(false)
  })

  it('by two processes at once is one rotation', async () => {
    const { stored, open, elsewhere } = setup()
    const { token } = await stored()
    const handles = [await open(token), await elsewhere.open(token)]
    const [one, two] = await Promise.all(handles.map((session) => session.rotate()))
    expect(one?.token).toBe(two?.token)
  })

  it('survives a save by another request, and the other way round', async () => {
    const { stored, open } = setup()
    const { token } = await stored()
    const [rotating, saving] = [await open(token), await open(token)]
    saving.data.b = 1
    const { token: next } = await rotating.rotate()
    expect((await saving.save()).status).toBe('saved')
    expect((await open(next)).data.b).toBe(1)
  })

  it('is nothing for a session that is not stored, or that this request has logged in to', async () => {
    const { sessions, stored, open } = setup()
    expect(await (await sessions.open()).rotate()).toEqual({ status: 'unchanged', token: null })
    const session = await open((await stored()).token)
    const { token } = await session.login('alice')
    expect(await session.rotate()).toEqual({ status: 'unchanged', token })
  })
})

describe('a pending secret', () => {
  it('becomes current when it is presented, in one write', async () => {
    const scene = setup()
    const { next } = await rotating(scene)
    scene.backend.forget()
    const session = await scene.open(next)
    expect(scene.backend.calls).toEqual(['load', 'update'])
    expect(await session.save()).toEqual({ status: 'unchanged', token: null })
    scene.backend.forget()
    await scene.open(next)
    expect(scene.backend.calls).toEqual(['load'])
  })

  it('presented by many requests at once opens the session for all of them', async () => {
    const scene = setup()
    const { next, id } = await rotating(scene)
    const sessions = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? scene.sessions : scene.elsewhere).open(next)),
    )
    expect(new Set(sessions.map((session) => session.id))).toEqual(new Set([id]))
  })

  it('that is presented and renewed again is followed by another', async () => {
    const scene = setup()
    const { token, next } = await rotating(scene)
    const session = await scene.open(next)
    scene.clock.advance(OVERLAP)
    const third = tokenIn(await session.rotate())
    expect(new Set([token, next, third]).size).toBe(3)
    expect((await scene.open(third)).isNew).toBe(false)
    scene.clock.advance(OVERLAP)
    expect((await scene.open(third)).isNew).toBe(false)
    expect((await scene.sessions.open(token)).isNew).toBe(true)
  })

  it('opens nothing after a login', async () => {
    const scene = setup()
    const { token, next } = await rotating(scene)
    await (await scene.open(token)).login('alice')
    expect((await scene.sessions.open(next)).isNew).toBe(true)
    expect((await scene.sessions.open(token)).isNew).toBe(true)
  })

  it('that meets a login while it is confirmed opens a new session, and leaves the login alone', async () => {
    const scene = setup()
    const { token, next } = await rotating(scene)
    const login = await scene.elsewhere.open(token)
    let secret: string | null = null
    scene.backend.beforeNext('update', async () => {
      secret = (await login.login('alice')).token
    })
    expect((await scene.sessions.open(next)).isNew).toBe(true)
    expect((await scene.open(secret)).owner).toBe('alice')
  })

  it('that meets a logout while it is confirmed opens a new session, and brings nothing back', async () => {
    const scene = setup()
    const { token, next } = await rotating(scene)
    const logout = await scene.elsewhere.open(token)
    scene.backend.beforeNext('update', () => logout.destroy())
    expect((await scene.sessions.open(next)).isNew).toBe(true)
    expect(scene.records.size).toBe(0)
  })

  it('is confirmed where the answer to that was lost', async () => {
    const scene = setup()
    const { next } = await rotating(scene)
    scene.backend.loseNext('update')
    expect((await scene.sessions.open(next)).isNew).toBe(false)
  })
})

describe('the previous secret', () => {
  it.each([
    [-1, false],
    [0, true],
    [1, true],
  ])('%i ms from the end of the overlap opens a new session: %s', async (offset, isNew) => {
    const scene = setup()
    const { token, next, id } = await rotating(scene)
    await scene.open(next)
    scene.clock.advance(OVERLAP + offset)
    using events = recordEvents()
    const session = await scene.sessions.open(token)
    expect(session.isNew).toBe(isNew)
    expect(session.id === id).toBe(!isNew)
    expect(events.named('leeway:session:theft')).toEqual(isNew ? [{ id, owner: null }] : [])
    // The owner of the current secret is not disturbed.
    expect((await scene.open(next)).id).toBe(id)
  })

  it('can read and write in the overlap, and cannot rotate', async () => {
    const scene = setup()
    const { token, next } = await rotating(scene)
    const current = await scene.open(next)
    const session = await scene.open(token)
    session.data.n = 5
    expect(await session.save()).toEqual({ status: 'saved', token: null })
    expect(await session.rotate()).toEqual({ status: 'unchanged', token: null })
    // Nor does it learn the secret of a rotation that is pending.
    scene.clock.advance(OVERLAP)
    expect((await current.rotate()).status).toBe('saved')
    expect(await session.rotate()).toEqual({ status: 'unchanged', token: null })
    expect(await session.save()).toEqual({ status: 'unchanged', token: null })
  })

  it('has its whole overlap, however often the one after it is to be renewed', async () => {
    const scene = setup()
    const { token, next } = await rotating(scene)
    for (let i = 0; i < 3; i++) {
      expect(await (await scene.open(next)).rotate()).toEqual({ status: 'unchanged', token: null })
      scene.clock.advance(OVERLAP / 3 - 1)
      expect((await scene.open(token)).isNew).toBe(false)
    }
    scene.clock.advance(3)
    expect((await (await scene.open(next)).rotate()).status).toBe('saved')
  })

  it('has no overlap where that is 0', async () => {
    const scene = setup({ overlapMs: 0 })
    const { token, next } = await rotating(scene)
    await scene.open(next)
    expect((await scene.sessions.open(token)).isNew).toBe(true)
  })

  it('does not rotate for a request that opened the session when it was the current one', async () => {
    const scene = setup()
    const { token, next } = await rotating(scene)
    const slow = await scene.open(token)
    await scene.open(next)
    expect(await slow.rotate()).toEqual({ status: 'unchanged', token: null })
  })
})

describe('the token from before a rotation', () => {
  it('is not sent again by a slow request once the session was destroyed', async () => {
    const scene = setup()
    const { token } = await rotating(scene)
    const slow = await scene.open(token)
    await (await scene.open(token)).destroy()
    expect((await slow.save()).token).toBeNull()
    expect(await slow.rotate()).toEqual({ status: 'gone', token: null })
  })

  it('renewed within the grace by a request that loaded it in time keeps working', async () => {
    const scene = setup()
    const { token } = await scene.stored()
    const session = await scene.open(token)
    scene.clock.advance(IDLE + GRACE - 1)
    const { status, token: next } = await session.rotate()
    expect(status).toBe('saved')
    expect((await scene.open(next)).isNew).toBe(false)
  })
})
