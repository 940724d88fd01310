import { expect, test } from 'vitest'
import { scratchPlaces } from '../scratch.ts'
import type { Application } from './application.ts'
import { all, crossed, isNative, onEveryStore } from './bindings.ts'
import { Browser } from './browser.ts'
import { onExpressSession } from './on-express-session.ts'
import { onNode } from './on-node.ts'
import { peers } from './peers.ts'
import { start } from './start.ts'

const REQUESTS = 500
const placeOf = scratchPlaces()

interface Shape {
  readonly shape: string
  readonly sessions: number
  /** Whether the requests go on once the logout has been answered, or together with it. */
  readonly when: 'after' | 'during'
}

const ofOne: Shape = { shape: 'of one session, and go on after it', sessions: 1, when: 'after' }
const together: Shape = { shape: 'of one session, and go on together with it', sessions: 1, when: 'during' }
const ofEach: Shape = { shape: 'of a session each, and go on after it', sessions: REQUESTS, when: 'after' }

test.each([
  ...crossed([ofOne, together], all),
  ...crossed([ofEach], onEveryStore([onNode, onExpressSession], ['memory', 'redis'])),
])(
  `a logout while ${REQUESTS} requests are held $shape: $name on $kind brings none back`,
  async ({ shape, sessions, when, binding, kind, place }) => {
    await using started = await start(binding, kind, placeOf(kind, `${place}-${sessions}-${when}`))
    const { app, watched } = started
    const { browsers, olds } = await logoutInFlight(app, sessions, when)
    const stored = await watched.countStored()
    console.log(`logout, ${shape}: ${binding.name} on ${kind}: ${stored} of ${sessions} resurrected`)
    expect(watched.created).toHaveLength(sessions)
    expect(stored).toBe(0)
    expect(await countOpened(app, olds)).toBe(0)
    if (isNative(binding)) expect(browsers.filter(({ cookies }) => cookies !== '')).toEqual([])
  },
)

test.each(crossed([ofOne, ofEach], peers))(
  `a logout while ${REQUESTS} requests are held $shape: $name brings them back`,
  async ({ shape, sessions, when, name, start: startPeer }) => {
    await using app = await startPeer(placeOf('redis', `peer-${sessions}`))
    const { olds } = await logoutInFlight(app, sessions, when)
    const opened = await countOpened(app, olds)
    console.log(`logout, ${shape}: ${name}: ${opened} of ${sessions} resurrected`)
    expect(opened).toBe(sessions)
  },
)

/** Logs in, has all requests load their session, and logs out: before they go on, or among them. */
async function logoutInFlight(app: Application, sessions: number, when: Shape['when']) {
  const browsers = Array.from({ length: sessions }, () => new Browser(app))
  await Promise.all(browsers.map((browser) => browser.visit('/login')))
  const olds = browsers.map(({ cookies }) => cookies)
  const gate = app.holds.place('gate', when === 'after' ? REQUESTS : REQUESTS + sessions)
  const write = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => {
      const browser = browsers[(from + i) % sessions] as Browser
      return browser.send(`/set?key=key${from + i}&value=after&at=gate`).then((response) => ({ browser, response }))
    })
  const before = write(0, REQUESTS / 2)
  const amid = when === 'during' ? browsers.map((browser) => browser.visit('/logout?at=gate')) : []
  const behind = write(REQUESTS / 2, REQUESTS)
  await gate.full
  if (when === 'after') await Promise.all(browsers.map((browser) => browser.visit('/logout')))
  gate.release()
  await Promise.all(amid)
  // The late answers arrive last.
  for (const { browser, response } of await Promise.all([...before, ...behind])) {
    expect(response.status).toBe(200)
    browser.take(response)
  }
  return { browsers, olds }
}

/** How many of the cookies from before the logout open a session of somebody. */
async function countOpened(app: Application, cookies: readonly string[]): Promise<number> {
  const shown = await Promise.all(cookies.map((cookie) => new Browser(app, cookie).shown()))
  return shown.filter(({ owner }) => owner !== null).length
}
