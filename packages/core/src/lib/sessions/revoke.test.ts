import { describe, expect, it } from 'vitest'
import { markerId } from '../ids.ts'
import { memoryStore } from '../memory-store.ts'
import type { SessionStore } from '../store.ts'
import { rejectionOf } from '../testing-errors.ts'
import { GRACE, IDLE, setup } from '../testing-sessions.ts'
import { createSessions } from './sessions.ts'

describe('the list of an owner', () => {
  it("has the owner's live sessions and nothing else: no marker, no anonymous session, nobody else's", async () => {
    const { clock, sessions, stored, loggedIn } = setup()
    const expired = await loggedIn('alice')
    clock.advance(IDLE - 1)
    await sessions.revokeAll('carol')
    const one = await loggedIn('alice')
    const two = await loggedIn('alice')
    await loggedIn('bob')
    await stored()
    const ids = async () => (await sessions.list('alice')).map(({ id }) => id).sort()
    expect(await ids()).toEqual([expired.id, one.id, two.id].sort())
    clock.advance(1)
    expect(await ids()).toEqual([one.id, two.id].sort())
    expect(await sessions.list('nobody')).toEqual([])
    expect(await sessions.list('alice')).toContainEqual({
      id: one.id,
      owner: 'alice',
      expiresAt: clock.now() - 1 + IDLE,
      purgeAt: clock.now() - 1 + IDLE + GRACE,
    })
  })

  it('has every session once, over many pages, some of them twice', async () => {
    const { sessions, loggedIn, backend } = setup()
    const { id } = await loggedIn('alice')
    const entry = (await sessions.list('alice'))[0]
    backend.answerNext('list', { sessions: [entry], cursor: 'next' })
    backend.answerNext('list', { sessions: [], cursor: 'next' })
    backend.answerNext('list', { sessions: [entry, entry] })
    expect((await sessions.list('alice')).map((session) => session.id)).toEqual([id])
  })

  it('of more than a page is whole', async () => {
    const { sessions, records, loggedIn } = setup()
    const { id } = await loggedIn('alice')
    const record = records.get(`default:${id}`)
    if (!record) throw new Error('not stored')
    for (let i = 0; i < 1100; i++) {
      const other = `${id.slice(0, 22)}${String(i)
        .padStart(4, '0')
        .replace(/[01]/g, (digit) => (digit === '0' ? 'a' : 'b'))}`
      records.set(`default:${other}`, { ...record, id: other })
    }
    expect(await sessions.list('alice')).toHaveLength(1101)
    expect(await sessions.revokeAll('alice')).toBe(1101)
    expect(await sessions.list('alice')).toEqual([])
  })
})

describe('revoking one session', () => {
  it("ends it, if it is the owner's", async () => {
    const { sessions, loggedIn } = setup()
    const { token, id } = await loggedIn('alice')
    expect(await sessions.revoke('bob', id)).toBe('gone')
    expect((await sessions.open(token)).isNew).toBe(false)
    expect(await sessions.revoke('alice', id)).toBe('destroyed')
    expect((await sessions.open(token)).isNew).toBe(true)
    expect(await sessions.revoke('alice', id)).toBe('gone')
  })

  it('never ends an anonymous one, nor a marker', async () => {
    const { sessions, stored, records } = setup()
    const { id } = await stored()
    await sessions.revokeAll('alice')
    expect(await sessions.revoke('alice', id)).toBe('gone')
    expect(await sessions.revoke('alice', markerId('alice'))).toBe('gone')
    expect(records.size).toBe(2)
  })

  it('finds nothing under what is no id', async () => {
    const { sessions } = setup()
    for (const id of ['../x', '', 'A'.repeat(26)]) expect(await sessions.revoke('alice', id)).toBe('gone')
  })
})

describe('revoking all sessions', () => {
  it('ends every one of the owner, and says how many', async () => {
    const { sessions, loggedIn, stored, open } = setup()
    const alice = [await loggedIn('alice'), await loggedIn('alice'), await loggedIn('alice')]
    const bob = await loggedIn('bob')
    const anonymous = await stored()
    expect(await sessions.revokeAll('alice')).toBe(3)
    for (const { token } of alice) expect((await sessions.open(token)).isNew).toBe(true)
    expect((await open(bob.token)).owner).toBe('bob')
    expect((await open(anonymous.token)).owner).toBeNull()
    expect(await sessions.revokeAll('alice')).toBe(0)
  })

  it('after a login of the same request leaves that session, with its new secret, and no other', async () => {
    const { sessions, loggedIn, open } = setup()
    const [own, other] = [await loggedIn('alice'), await loggedIn('alice')]
    const session = await open(own.token)
    const { token } = await session.login('alice')
    expect(await sessions.revokeAll('alice', { except: session.id })).toBe(1)
    expect((await session.save()).status).toBe('unchanged')
    expect((await open(token)).owner).toBe('alice')
    for (const dead of [own, other]) expect((await sessions.open(dead.token)).isNew).toBe(true)
  })

  it('keeps the session that is excepted', async () => {
    const { sessions, loggedIn, open } = setup()
    const kept = await loggedIn('alice')
    const other = await loggedIn('alice')
    expect(await sessions.revokeAll('alice', { except: kept.id })).toBe(1)
    expect((await open(kept.token)).owner).toBe('alice')
    expect((await sessions.open(other.token)).isNew).toBe(true)
    expect((await sessions.list('alice')).map(({ id }) => id)).toEqual([kept.id])
  })

  it('leaves a session alone that was listed and has become an anonymous one since', async () => {
    const { sessions, stored, backend, open } = setup()
    const anonymous = await stored()
    const session = await open(anonymous.token)
    const { id, expiresAt, purgeAt } = session
    backend.answerNext('list', { sessions: [{ id, owner: 'alice', expiresAt, purgeAt }] })
    expect(await sessions.revokeAll('alice')).toBe(0)
    expect((await open(anonymous.token)).isNew).toBe(false)
  })

  it.each(['load', 'create', 'list', 'destroy'] as const)(
    'is rejected where %s fails, and can be repeated',
    async (call) => {
      const { sessions, loggedIn, backend } = setup()
      const { token } = await loggedIn('alice')
      backend.failNext(call)
      expect((await rejectionOf(sessions.revokeAll('alice'))).code).toBe('ERR_STORE_FAILED')
      expect(await sessions.revokeAll('alice')).toBe(1)
      expect((await sessions.open(token)).isNew).toBe(true)
    },
  )

  it('of a store that cannot list is refused, and so is the list', async () => {
    const store: SessionStore = { ...memoryStore(), list: undefined } as unknown as SessionStore
    const sessions = createSessions({ store })
    expect((await rejectionOf(sessions.revokeAll('alice'))).code).toBe('ERR_UNSUPPORTED')
    expect((await rejectionOf(sessions.list('alice'))).code).toBe('ERR_UNSUPPORTED')
  })

  it.each(['', 'x'.repeat(256), null, 7])('of the owner %j is refused', async (owner) => {
    const { sessions, backend } = setup()
    for (const call of [
      () => sessions.list(owner as string),
      () => sessions.revoke(owner as string, 'a'.repeat(26)),
      () => sessions.revokeAll(owner as string),
    ]) {
      expect((await rejectionOf(call())).code).toBe('ERR_INVALID_OPTION')
    }
    expect(backend.calls).toEqual([])
  })
})

describe('the marker', () => {
  it('is one record for the owner, which names nobody and which no token opens', async () => {
    const { clock, sessions, records } = setup()
    await sessions.revokeAll('alice')
    await sessions.revokeAll('alice')
    expect([...records.values()]).toEqual([
      expect.objectContaining({
        id: markerId('alice'),
        owner: null,
        payload: JSON.stringify({ revokedAt: clock.now() }),
        expiresAt: clock.now() + GRACE,
        purgeAt: clock.now() + 2 * GRACE,
      }),
    ])
    expect(JSON.stringify([...records])).not.toContain('alice')
    expect((await sessions.open(`${markerId('alice')}.${'A'.repeat(32)}`)).isNew).toBe(true)
  })

  it('goes with the sweep once no login can be in flight any more: those are refused by age then', async () => {
    const { clock, sessions, records, stored, open } = setup()
    const { token } = await stored()
    const session = await open(token)
    const credentialsCheckedAt = clock.now()
    await sessions.revokeAll('alice')
    clock.advance(2 * GRACE - 1)
    await sessions.sweep()
    expect(records.has(`default:${markerId('alice')}`)).toBe(true)
    clock.advance(1)
    await sessions.sweep()
    expect(records.has(`default:${markerId('alice')}`)).toBe(false)
    expect((await rejectionOf(session.login('alice', { credentialsCheckedAt }))).code).toBe('ERR_REVOKED')
    expect((await session.login('alice', { credentialsCheckedAt: clock.now() })).status).toBe('saved')
  })

  it('never moves back, whoever writes it: the latest revocation counts', async () => {
    const { clock, sessions, records } = setup()
    const slow = createSessions({ store: memoryStore({ records }), clock: clock.skewedBy(-1000), graceMs: GRACE })
    await sessions.revokeAll('alice')
    await slow.revokeAll('alice')
    expect(records.get(`default:${markerId('alice')}`)?.payload).toBe(JSON.stringify({ revokedAt: clock.now() }))
  })

  it('written by two at once is there afterwards', async () => {
    const { sessions, elsewhere, records, backend } = setup()
    backend.beforeNext('create', () => elsewhere.revokeAll('alice'))
    await sessions.revokeAll('alice')
    backend.beforeNext('update', () => elsewhere.revokeAll('alice'))
    await sessions.revokeAll('alice')
    backend.beforeNext('update', async () => records.clear())
    await sessions.revokeAll('alice')
    expect(records.has(`default:${markerId('alice')}`)).toBe(true)
  })

  it('that cannot be read is an error of whoever needs it', async () => {
    const { clock, sessions, records, stored, open } = setup()
    const session = await open((await stored()).token)
    await sessions.revokeAll('alice')
    const marker = records.get(`default:${markerId('alice')}`)
    if (!marker) throw new Error('no marker')
    for (const payload of ['garbage', '{}', 'null', '{"revokedAt":"x"}']) {
      records.set(`default:${marker.id}`, { ...marker, payload })
      expect((await rejectionOf(sessions.revokeAll('alice'))).code).toBe('ERR_INVALID_RECORD')
    }
    clock.advance(1)
    expect((await rejectionOf(session.login('alice', { credentialsCheckedAt: clock.now() }))).code).toBe(
      'ERR_INVALID_RECORD',
    )
    expect(await sessions.list('alice')).toEqual([])
  })
})

describe('one session that cannot be read', () => {
  it('is told of, and does not keep the others alive', async () => {
    const store = memoryStore()
    const { sessions, loggedIn } = setup({ store })
    const [first, broken, last] = [await loggedIn('alice'), await loggedIn('alice'), await loggedIn('alice')]
    const { load } = store
    store.load = async (id) => {
      if (id === broken.id) throw new Error('damaged')
      return load(id)
    }
    expect((await rejectionOf(sessions.revokeAll('alice'))).code).toBe('ERR_STORE_FAILED')
    for (const { id } of [first, last]) expect(await load(id)).toBeUndefined()
    expect(await load(broken.id)).toBeDefined()
  })
})
