import { describe, expect, test } from 'vitest'
import { scratchPlaces } from '../scratch.ts'
import type { Application } from './application.ts'
import { nativeBindings, onEveryStore } from './bindings.ts'
import { Browser } from './browser.ts'
import { start } from './start.ts'

const REQUESTS = 500
const placeOf = scratchPlaces()

describe.each(['after', 'during'] as const)(
  `a logout while ${REQUESTS} requests are held, which go on %s it`,
  (when) => {
    test.each(onEveryStore(nativeBindings))(
      '$name on $kind: none brings the session back',
      async ({ binding, kind }) => {
        await using started = await start(binding, kind, placeOf(kind, `${binding.name}-${kind}-${when}`))
        const { app, browser, watched } = started
        const { old, statuses } = await logoutInFlight(app, browser, when)
        const resurrected = await watched.countStored()
        console.log(`logout, ${when}: ${binding.name} on ${kind}: ${REQUESTS} held, ${resurrected} resurrected`)
        expect(statuses).toEqual(Array(REQUESTS).fill(200))
        expect(watched.created).toHaveLength(1)
        expect(resurrected).toBe(0)
        expect(await new Browser(app, old).shown()).toEqual({ owner: null, data: {} })
        expect(browser.cookies).toBe('')
      },
    )
  },
)

/** Logs in, has all requests load the session, and logs out: before they go on, or among them. */
async function logoutInFlight(app: Application, browser: Browser, when: 'after' | 'during') {
  await browser.visit('/set?key=cart&value=book')
  await browser.visit('/login?owner=alice')
  const old = browser.cookies
  const gate = app.holds.place('gate', when === 'after' ? REQUESTS : REQUESTS + 1)
  const write = (i: number) => browser.send(`/set?key=key${i}&value=${i}&at=gate`)
  const first = Array.from({ length: REQUESTS / 2 }, (_, i) => write(i))
  const logout = when === 'during' ? browser.send('/logout?at=gate') : undefined
  const rest = Array.from({ length: REQUESTS / 2 }, (_, i) => write(REQUESTS / 2 + i))
  await gate.full
  if (when === 'after') await browser.visit('/logout')
  gate.release()
  const answers = await Promise.all([...first, ...rest])
  if (logout !== undefined) browser.take(await logout)
  for (const answer of answers) browser.take(answer)
  return { old, statuses: answers.map(({ status }) => status) }
}
