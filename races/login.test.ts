import { createSessions, isLeewayError, type SessionStore } from '@leeway/core'
import { describe, expect, test } from 'vitest'
import { Barrier } from './barrier.ts'
import { everyOrder } from './every-order.ts'
import { NaiveStore } from './naive-store.ts'
import { scratchPlaces } from './scratch.ts'
import { leewayKinds, openStore } from './stores.ts'

const SAVES = 1000
const placeOf = scratchPlaces()

describe(`login is a wall: ${SAVES} saves held from before a login`, () => {
  test.each(leewayKinds)('leeway on %s: none writes into the session', async (kind) => {
    const store = openStore(kind, placeOf(kind, `wall-${kind}`))
    const sessions = createSessions({ store, initialData: () => ({ cart: 'empty', by: '' }) })
    const anonymous = await sessions.open()
    anonymous.data.cart = 'one book'
    const { token } = await anonymous.save()
    const barrier = new Barrier(SAVES)
    const saves = Array.from({ length: SAVES }, async (_, i) => {
      const session = await sessions.open(token)
      await barrier.arrive()
      session.data.by = `attacker ${i}`
      return (await session.save()).status
    })
    await barrier.full
    const login = await (await sessions.open(token)).login('alice')
    barrier.release()
    const statuses = await Promise.all(saves)
    const superseded = statuses.filter((status) => status === 'superseded').length
    console.log(`leeway on ${kind}: held ${barrier.held}, superseded ${superseded}`)
    expect(superseded).toBe(SAVES)
    expect((await sessions.open(token)).isNew).toBe(true)
    const after = await sessions.open(login.token)
    expect(after.owner).toBe('alice')
    expect(after.data).toEqual({ cart: 'one book', by: '' })
    await sessions.close()
  })

  test('the naive store: the id from before the login lives on, with what was written to it', async () => {
    const store = new NaiveStore(placeOf('naive', 'wall-naive.db'))
    const expiresAt = Date.now() + 60_000
    store.set('anonymous', 'one book', expiresAt)
    const barrier = new Barrier(SAVES)
    const saves = Array.from({ length: SAVES }, async (_, i) => {
      store.get('anonymous', Date.now())
      await barrier.arrive()
      store.set('anonymous', `attacker ${i}`, expiresAt)
    })
    await barrier.full
    store.destroy('anonymous')
    store.set('regenerated', 'one book', expiresAt)
    barrier.release()
    await Promise.all(saves)
    console.log(`naive upsert: held ${barrier.held}, the old id opens: ${store.get('anonymous', Date.now())}`)
    expect(store.get('anonymous', Date.now())).toBe(`attacker ${SAVES - 1}`)
    store.close()
  })
})

test.each(leewayKinds)(
  'two logins at once on %s: in every order one binds the session, the other is refused',
  async (kind) => {
    let n = 0
    const orders = await everyOrder(async (actor, finish) => {
      const store = openStore(kind, placeOf(kind, `logins-${kind}-${n++}`))
      const setup = createSessions({ store, initialData: () => ({ visits: 0 }) })
      const anonymous = await setup.open()
      anonymous.data.visits = 1
      const { token } = await anonymous.save()
      const outcomes = [actor(store, login('alice')), actor(store, login('bob'))]
      await finish()
      const settled = await Promise.all(outcomes)
      expect([...settled].sort()).toEqual(['ERR_CONFLICT', 'saved'])
      expect([...(await setup.list('alice')), ...(await setup.list('bob'))]).toHaveLength(1)
      await store.close()

      function login(owner: string) {
        return async (stepped: SessionStore) => {
          const sessions = createSessions({ store: stepped, initialData: () => ({ visits: 0 }) })
          const session = await sessions.open(token)
          // One that comes late finds the old secret dead and is logged in to a session of its own: also no second owner.
          if (session.isNew) return 'ERR_CONFLICT'
          return session.login(owner).then(({ status }) => status, code)
        }
      }
    })
    console.log(`two logins on ${kind}: ${orders} orders`)
    expect(orders).toBeGreaterThan(1)
  },
)

test.each(leewayKinds)('revoke-all against a login in flight on %s: in every order none survives', async (kind) => {
  let n = 0
  const tally = { revoked: 0, undone: 0 }
  const orders = await everyOrder(async (actor, finish) => {
    const store = openStore(kind, placeOf(kind, `revoke-${kind}-${n++}`))
    const setup = createSessions({ store, initialData: () => ({ visits: 0 }) })
    const other = await setup.open()
    await other.login('alice')
    const anonymous = await setup.open()
    anonymous.data.visits = 1
    const { token } = await anonymous.save()
    // The credentials were checked before anything below happens: that is what "in flight" means.
    const credentialsCheckedAt = Date.now()
    const login = actor(store, async (stepped) => {
      const session = await createSessions({ store: stepped, initialData: () => ({ visits: 0 }) }).open(token)
      return session.login('alice', { credentialsCheckedAt }).then(({ token: fresh }) => fresh, code)
    })
    const revocation = actor(store, (stepped) => createSessions({ store: stepped }).revokeAll('alice'))
    await finish()
    const [outcome, revoked] = await Promise.all([login, revocation])
    if (outcome === 'ERR_REVOKED') tally.undone++
    else tally.revoked++
    expect(revoked).toBeGreaterThanOrEqual(1)
    expect(await setup.list('alice')).toEqual([])
    expect((await setup.open(outcome)).isNew).toBe(true)
    await store.close()
  })
  console.log(`revoke-all against a login on ${kind}: ${orders} orders, ${JSON.stringify(tally)}`)
  expect(tally.revoked).toBeGreaterThan(0)
  expect(tally.undone).toBeGreaterThan(0)
})

function code(error: unknown): string {
  if (isLeewayError(error)) return error.code
  throw error
}
