import { manualClock } from '@leeway/core/testing'
import { expect, test } from 'vitest'
import { randomFrom, runSeed, shuffled } from '../random.ts'
import { scratchPlaces } from '../scratch.ts'
import type { Application } from './application.ts'
import { nativeBindings, onEveryStore } from './bindings.ts'
import { Browser, type Received } from './browser.ts'
import { start } from './start.ts'

const REQUESTS = 100
/** Which share of the responses never arrives, round by round. */
const LOST = [0, 0.3, 0.9, 1, 0]
const OVERLAP_MS = 30_000
const placeOf = scratchPlaces()

test.each(onEveryStore(nativeBindings))(
  `rotations under ${REQUESTS} requests with the old cookie: $name on $kind logs nobody out, and keeps what they wrote`,
  async ({ binding, kind }) => {
    const seed = runSeed()
    const random = randomFrom(seed)
    const clock = manualClock()
    await using started = await start(binding, kind, placeOf(kind, `${binding.name}-${kind}`), { clock })
    const { app, browser } = started
    await browser.visit('/login?owner=alice')
    const cookies = new Set([browser.cookies])
    for (const [round, lost] of LOST.entries()) {
      const isThere = async () => {
        cookies.add(browser.cookies)
        const where = `RACES_SEED=${seed}, round ${round}, ${lost} of the responses lost`
        expect(await browser.shown(), where).toMatchObject({ owner: 'alice' })
      }
      const arrive = async (responses: readonly Received[]) => {
        for (const response of shuffled(responses, random)) {
          expect(response.status).toBe(200)
          if (random() < lost) continue
          const before = browser.cookies
          browser.take(response)
          if (browser.cookies !== before) await isThere()
        }
      }
      const otherTab = new Browser(app, browser.cookies)
      const early = await hold(app, otherTab, `early${round}`, 0.4 * REQUESTS)
      const late = await hold(app, otherTab, `late${round}`, 0.4 * REQUESTS)
      await arrive(await early())
      await isThere()
      // By now the new cookie has been used, where it arrived, and the old one is honoured for the overlap.
      const behind = await hold(app, otherTab, `behind${round}`, 0.2 * REQUESTS)
      await arrive([...(await late()), ...(await behind())])
      await isThere()
      clock.advance(OVERLAP_MS + 1)
      await isThere()
    }
    const { data } = await browser.shown()
    const kept = Object.keys(data).length
    console.log(
      `rotation: ${binding.name} on ${kind}, RACES_SEED=${seed}: ${cookies.size - 1} arrived, ${kept} writes kept`,
    )
    expect(cookies.size).toBeGreaterThan(2)
    expect(kept).toBe((LOST.length * REQUESTS) / 2)
  },
)

/** Requests that have loaded the session, half to rotate and half to write. Resolves with what lets them go on and be answered. */
async function hold(app: Application, tab: Browser, place: string, count: number) {
  const gate = app.holds.place(place, count)
  const answers = Array.from({ length: count }, (_, i) =>
    tab.send(i % 2 === 0 ? `/rotate?at=${place}` : `/set?key=${place}${i}&value=${i}&at=${place}`),
  )
  await gate.full
  return () => {
    gate.release()
    return Promise.all(answers)
  }
}
