import { describe, expect, it } from 'vitest'
import { rejectionOf } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { setup } from '../testing-sessions.ts'
import { createSessions } from './sessions.ts'

describe('a migration', () => {
  const mine = new TypeError('mine')
  const migrations: [string, (old: Record<string, unknown>) => object, unknown][] = [
    [
      'throws',
      () => {
        throw mine
      },
      mine,
    ],
    ['gives nothing', () => undefined as unknown as object, { code: 'ERR_NOT_SERIALIZABLE' }],
    ['gives a list', () => [], { code: 'ERR_NOT_SERIALIZABLE' }],
    ['gives what cannot be stored', () => ({ at: new Date() }), { code: 'ERR_NOT_SERIALIZABLE', path: 'data.at' }],
  ]

  it.each(migrations)('that %s is a miss, a new session and no write', async (_what, migrate, cause) => {
    const { records, clock, backend, stored } = setup()
    const { token, id } = await stored()
    const before = [...records.values()]
    using events = recordEvents()
    const sessions = createSessions<object>({ store: backend.store, clock, dataVersion: 2, migrate })
    expect((await sessions.open(token)).isNew).toBe(true)
    expect(events.named('leeway:session:miss')).toMatchObject([{ id, reason: 'undecodable', error: { cause } }])
    expect([backend.calls, [...records.values()]]).toEqual([['load'], before])
  })

  it('that is asynchronous is an error of the option', async () => {
    const { clock, backend, stored } = setup()
    const { token } = await stored()
    const migrate = () => Promise.reject(new Error('later'))
    const sessions = createSessions<object>({ store: backend.store, clock, dataVersion: 2, migrate })
    expect((await rejectionOf(sessions.open(token))).code).toBe('ERR_INVALID_OPTION')
  })
})
