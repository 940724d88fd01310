import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readToken } from '../cookie.ts'
import { memoryStore } from '../memory-store.ts'
import type { Session } from '../sessions/session.ts'
import { createSessions } from '../sessions/sessions.ts'
import { type Data, GRACE, IDLE, setup, TOUCH } from '../testing-sessions.ts'
import { FaultyStore } from '../testing-stores.ts'
import { httpSessions } from './http-sessions.ts'

const RUNS = 400

const step = fc.record({
  kind: fc.constantFrom('read', 'write', 'rotate', 'login'),
  fault: fc.option(
    fc.record({ mode: fc.constantFrom('fail', 'lose'), on: fc.constantFrom('load', 'update', 'touch') }),
  ),
  /** The answer never reaches the browser. */
  isLost: fc.boolean(),
  /** How many such calls go well before. */
  earlier: fc.nat({ max: 1 }),
  passed: fc.constantFrom(0, 1, TOUCH - 1, TOUCH, TOUCH + 1),
})

it.each(['fail', 'anonymous'] as const)(
  'a visitor stays logged in, and keeps what was acknowledged, whatever fails and whatever is lost (%s)',
  async (onStoreFailure) => {
    let refused = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        const { clock, records, loggedIn } = setup()
        const shared = { clock, idleTimeoutMs: IDLE, graceMs: GRACE, initialData: () => ({ n: 0 }) }
        const healthy = createSessions<Data>({ store: memoryStore({ records }), ...shared })
        let cookie = `__Host-leeway=${(await loggedIn('alice')).token}`
        let possible: unknown[] = [undefined]
        for (const [index, { kind, fault, isLost, earlier, passed }] of steps.entries()) {
          clock.advance(passed)
          const backend = new FaultyStore(memoryStore({ records }))
          const sessions = createSessions<Data>({ store: backend.store, ...shared })
          const exchange = httpSessions(sessions, { clock, onStoreFailure }).begin(cookie, null)
          if (fault && kind !== 'login') {
            if (earlier > 0) backend.beforeNext(fault.on, async () => {})
            backend[fault.mode === 'fail' ? 'failNext' : 'loseNext'](fault.on)
          }
          let header: string | undefined
          let isWritten = false
          try {
            const session: Session<Data> | undefined = await exchange.open()
            if (kind === 'rotate') await session?.rotate()
            if (kind === 'login') {
              await session?.login('alice')
              if (fault) backend.failNext('update')
            }
            if (session && kind !== 'read') session.data.a = index
            header = await exchange.commit()
            isWritten = onStoreFailure === 'fail' && kind !== 'read'
          } catch {
            refused++
            header = await exchange.commit()
          }
          // What replaced the only secret has to arrive, here as anywhere.
          if (header !== undefined && (!isLost || kind === 'login')) cookie = header.split(';')[0] ?? ''
          if (kind !== 'read') possible = isWritten ? [index] : [...possible, index]
          const now = await healthy.open(readToken(cookie))
          expect(now.owner).toBe('alice')
          expect(possible).toContain(now.data.a)
          possible = [now.data.a]
        }
      }),
      { numRuns: RUNS },
    )
    if (onStoreFailure === 'fail') expect(refused).toBeGreaterThan(RUNS / 4)
  },
)
