import { type ManualClock, manualClock } from '@leeway/core/testing'
import { expect, test } from 'vitest'
import { randomFrom, runSeed, shuffled } from '../random.ts'
import { scratchPlaces } from '../scratch.ts'
import type { Application } from './application.ts'
import { nativeBindings, onEveryStore } from './bindings.ts'
import { Browser, type Received } from './browser.ts'
import { peers } from './peers.ts'
import { start } from './start.ts'

const REQUESTS = 100
/** Which share of the responses never arrives, round by round. */
const LOST = [0, 0.3, 0.9, 1, 0]
const OVERLAP_MS = 30_000
const placeOf = scratchPlaces()

test.each(onEveryStore(nativeBindings))(
  `rotations under ${REQUESTS} requests with the old cookie: $name on $kind logs nobody out, and keeps what they wrote`,
  async ({ name, binding, kind, place }) => {
    const clock = manualClock()
    await using started = await start(binding, kind, placeOf(kind, place), { clock })
    const { app, browser } = started
    const { loggedOut, checks, cookies } = await rotations(app, browser, 'set', clock)
    const kept = Object.keys((await browser.shown()).data).length
    console.log(
      `rotation: ${name} on ${kind}: logged out at ${loggedOut.length} of ${checks} checks, ${cookies} new cookies, ${kept} writes kept`,
    )
    expect(loggedOut).toEqual([])
    expect(cookies).toBeGreaterThan(2)
    expect(kept).toBe((LOST.length * REQUESTS) / 2)
  },
)

test.each(peers)(`rotations by regenerate under as many: $name logs out`, async (peer) => {
  await using app = await peer.start(placeOf('redis', 'peer'))
  const { loggedOut, checks } = await rotations(app, new Browser(app), 'read')
  console.log(`rotation: ${peer.name}: logged out at ${loggedOut.length} of ${checks} checks`)
  expect(loggedOut).not.toEqual([])
})

/**
 * Round by round, responses arrive at the browser in an order that a seed decides, or never. Resolves with where the
 * browser was found logged out, and with how many cookies it has had.
 */
async function rotations(app: Application, browser: Browser, beside: 'set' | 'read', clock?: ManualClock) {
  const seed = runSeed()
  const random = randomFrom(seed)
  const loggedOut: string[] = []
  const cookies = new Set<string>()
  let checks = 0
  let fromRoundBefore = async (): Promise<Received[]> => []
  for (const [round, lost] of LOST.entries()) {
    const check = async (when: string) => {
      cookies.add(browser.cookies)
      checks++
      if ((await browser.shown()).owner === 'alice') return
      loggedOut.push(`RACES_SEED=${seed}, round ${round}, ${lost} of the responses lost: ${when}`)
      await browser.visit('/login?owner=alice')
    }
    const arrive = async (responses: readonly Received[], when: string) => {
      for (const [i, response] of shuffled(responses, random).entries()) {
        expect(response.status).toBe(200)
        if (random() < lost) continue
        const before = browser.cookies
        browser.take(response)
        if (browser.cookies !== before) await check(`${when} ${i} (${response.body})`)
      }
    }
    if (round === 0) await browser.visit('/login?owner=alice')
    const otherTab = new Browser(app, browser.cookies)
    const hold = (place: string, count: number) => held(app, otherTab, beside, `${place}${round}`, count)
    const early = await hold('early', 0.4 * REQUESTS)
    const late = await hold('late', 0.3 * REQUESTS)
    const answers = await early()
    // They know the secret that comes next, and outlast it.
    const slow = await hold('slow', 0.1 * REQUESTS)
    await arrive(answers, 'early response')
    await check('after the early responses')
    // By now the new cookie has been used, where it arrived, and the old one is honoured for the overlap.
    const behind = await hold('behind', 0.2 * REQUESTS)
    await arrive([...(await late()), ...(await behind()), ...(await fromRoundBefore())], 'late response')
    await check('after the late responses')
    fromRoundBefore = slow
    clock?.advance(OVERLAP_MS + 1)
    await check('after the overlap')
  }
  await fromRoundBefore()
  return { loggedOut, checks, cookies: cookies.size }
}

/** Requests that have loaded the session, half of them to rotate. Resolves with what lets them go on and be answered. */
async function held(app: Application, tab: Browser, beside: 'set' | 'read', place: string, count: number) {
  const gate = app.holds.place(place, count)
  const answers = Array.from({ length: count }, (_, i) =>
    tab.send(i % 2 === 0 ? `/rotate?at=${place}` : `/${beside}?key=${place}-${i}&value=${i}&at=${place}`),
  )
  await gate.full
  return () => {
    gate.release()
    return Promise.all(answers)
  }
}
