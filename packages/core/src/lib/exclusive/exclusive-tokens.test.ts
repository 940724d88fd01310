import { describe, expect, it } from 'vitest'
import { leaseId } from '../ids.ts'
import { rejectionOf } from '../testing-errors.ts'
import { setup } from '../testing-sessions.ts'

describe('a token that opens nothing', () => {
  it.each([undefined, null, '', 'malformed', `${'a'.repeat(26)}.${'b'.repeat(32)}`])(
    'such as %j is a new session, for which no lease is taken',
    async (token) => {
      const { sessions, open, backend, records } = setup()
      const saved = await sessions.exclusive(token, async (session) => {
        expect(session).toMatchObject({ isNew: true, data: { n: 0 } })
        session.data.n = 1
        return session.save()
      })
      expect(records.size).toBe(1)
      expect(backend.calls.filter((call) => call !== 'load')).toEqual(['create'])
      expect((await open(saved.token)).data.n).toBe(1)
    },
  )

  it('with the right id and another secret cannot keep the session to itself', async () => {
    const { sessions, stored, records } = setup()
    const { token, id } = await stored()
    const forged = `${id}.${'x'.repeat(32)}`
    await sessions.exclusive(forged, async (session) => {
      expect(session.isNew).toBe(true)
      expect(await sessions.exclusive(token, (own) => own.id, { waitMs: 0 })).toBe(id)
    })
    expect(await sessions.exclusive(forged, () => records.get(`default:${leaseId(id)}`)?.expiresAt)).toBe(0)
  })

  it('is not kept waiting by others with the same token', async () => {
    const { sessions } = setup()
    const token = `${'a'.repeat(26)}.${'b'.repeat(32)}`
    const ids = await sessions.exclusive(token, (outer) =>
      sessions.exclusive(token, (inner) => [outer.id, inner.id], { waitMs: 0 }),
    )
    expect(new Set(ids).size).toBe(2)
  })
})

describe('a call inside the callback of another', () => {
  it('for the same session is refused, at any depth', async () => {
    const { sessions, stored } = setup()
    const [{ token, id }, other] = [await stored(), await stored()]
    const nested = () => rejectionOf(sessions.exclusive(token, () => 'in'))
    const errors = await sessions.exclusive(token, async () => [
      await nested(),
      await sessions.exclusive(other.token, nested),
      await sessions.exclusive(undefined, nested),
    ])
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'ERR_LOCK_NESTED', operation: 'exclusive', id: `${id.slice(0, 6)}…` })
    }
    expect(await sessions.exclusive(token, () => 'in', { waitMs: 0 })).toBe('in')
  })

  it('of other sessions on the same store is none: it waits as another process would', async () => {
    const { sessions, elsewhere, stored } = setup()
    const { token } = await stored()
    const inner = () => rejectionOf(elsewhere.exclusive(token, () => 'in', { waitMs: 0 }))
    expect((await sessions.exclusive(token, inner)).code).toBe('ERR_LOCK_TIMEOUT')
  })

  it('that has ended is none, also in work that it left behind', async () => {
    const { sessions, stored } = setup()
    const { token } = await stored()
    const gate = Promise.withResolvers<void>()
    let later: Promise<string> | undefined
    await sessions.exclusive(token, () => {
      later = gate.promise.then(() => sessions.exclusive(token, () => 'in'))
    })
    gate.resolve()
    expect(await later).toBe('in')
  })

  it('that has ended is none, also in a callback that outlives it', async () => {
    const { sessions, stored } = setup()
    const [{ token }, other] = [await stored(), await stored()]
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let inner: Promise<string> | undefined
    await sessions.exclusive(token, () => {
      inner = sessions.exclusive(other.token, async () => {
        begun.resolve()
        await gate.promise
        return sessions.exclusive(token, () => 'in')
      })
      return begun.promise
    })
    gate.resolve()
    expect(await inner).toBe('in')
  })

  it('for a session that a login has begun in it is in order', async () => {
    const { sessions, loggedIn } = setup()
    const { token } = await loggedIn('alice')
    const owner = await sessions.exclusive(token, async (session) => {
      const { token: own } = await session.login('bob')
      return sessions.exclusive(own, (inner) => inner.owner)
    })
    expect(owner).toBe('bob')
  })
})
