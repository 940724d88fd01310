import { expect, it } from 'vitest'
import { rejectionOf } from '../testing-errors.ts'
import { setup } from '../testing-sessions.ts'

it('nobody is logged in on a handle whose login was refused because of a revocation', async () => {
  const { sessions, elsewhere, records } = setup()
  const session = await sessions.open()
  await elsewhere.revokeAll('alice')
  expect((await rejectionOf(session.login('alice'))).code).toBe('ERR_REVOKED')
  expect(session.owner).toBeNull()
  expect([...records.values()].map(({ owner }) => owner)).toEqual([null])
})

it('nobody is logged in on a handle after its logout, or once it was told of one', async () => {
  const { loggedIn, open } = setup()
  const { token } = await loggedIn('alice')
  const [session, other] = [await open(token), await open(token)]
  expect([session.owner, other.owner]).toEqual(['alice', 'alice'])
  await session.destroy()
  expect([session.owner, other.owner]).toEqual([null, 'alice'])
  other.data.n = 1
  expect((await other.save()).status).toBe('gone')
  expect(other.owner).toBeNull()
})
