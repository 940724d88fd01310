import { expect, it } from 'vitest'
import { setCookie } from '../cookie.ts'
import { memoryStore } from '../memory-store.ts'
import { createRecords } from '../records/records.ts'
import { createSessions } from '../sessions/sessions.ts'
import { rejectionOf, thrownBy } from '../testing-errors.ts'

/** Options as plain JavaScript would pass them. */
const loose = (options: object) => options as never

const store = memoryStore()
const sessions = createSessions({ store })

it.each<[string, () => unknown]>([
  ['createSessions', () => createSessions(loose({ store, idleTimeout: 5 }))],
  ['createRecords', () => createRecords(loose({ store, initialData: () => ({}) }))],
  ['memoryStore', () => memoryStore(loose({ name: 'app' }))],
  ['setCookie', () => setCookie('token', loose({ maxAge: 1000 }))],
  ['startSweeper', () => sessions.startSweeper(loose({ interval: 5 }))],
])('%s refuses an option that it does not have', (_name, call) => {
  const error = thrownBy(call)
  expect(error.code).toBe('ERR_INVALID_OPTION')
  expect(error.message).toMatch(/^unknown option \w+; /)
})

it('says which option was probably meant, or which there are', () => {
  expect(thrownBy(() => createSessions(loose({ store, idleTimeout: 5 }))).message).toContain(
    'did you mean idleTimeoutMs?',
  )
  expect(thrownBy(() => setCookie('token', loose({ httpOnly: false }))).message).toContain('there are name, maxAgeMs,')
})

it('refuses options that are none', () => {
  expect(thrownBy(() => createSessions(undefined as never)).code).toBe('ERR_INVALID_OPTION')
})

it('refuses them in the calls of a session too, and changes nothing', async () => {
  const session = await sessions.open()
  expect(thrownBy(() => session.setTimeouts(loose({ maxAge: 5 }))).code).toBe('ERR_INVALID_OPTION')
  expect((await rejectionOf(session.login('alice', loose({ checkedAt: 5 })))).code).toBe('ERR_INVALID_OPTION')
  expect((await rejectionOf(sessions.revokeAll('alice', loose({ keep: session.id })))).code).toBe('ERR_INVALID_OPTION')
  expect((await rejectionOf(sessions.sweep(loose({ max: 5 })))).code).toBe('ERR_INVALID_OPTION')
  expect(session.owner).toBeNull()
})
