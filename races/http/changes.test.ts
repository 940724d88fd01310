import { describe, expect, test } from 'vitest'
import { scratchPlaces } from '../scratch.ts'
import type { Application } from './application.ts'
import { nativeBindings, onEveryStore } from './bindings.ts'
import { Browser } from './browser.ts'
import { peers } from './peers.ts'
import { start } from './start.ts'

const REQUESTS = 200
const placeOf = scratchPlaces()

describe.each(onEveryStore(nativeBindings))(`${REQUESTS} requests to one session at once: $name on $kind`, (given) => {
  const { binding, kind } = given

  test('keeps what each changed, where each changed a key of its own', async () => {
    await using started = await start(binding, kind, placeOf(kind, `${binding.name}-${kind}-keys`))
    const { app, browser } = started
    const statuses = await atOnce(app, browser, (i) => `/set?key=key${i}&value=${i}`)
    const { data } = await browser.shown()
    console.log(`changes: ${binding.name} on ${kind}: ${Object.keys(data).length - 1} of ${REQUESTS} keys`)
    expect(statuses).toEqual(Array(REQUESTS).fill(200))
    const keys = Array.from({ length: REQUESTS }, (_, i) => [`key${i}`, String(i)])
    expect(data).toEqual({ cart: 'book', ...Object.fromEntries(keys) })
  })

  test('counts every increment', async () => {
    await using started = await start(binding, kind, placeOf(kind, `${binding.name}-${kind}-increments`))
    const { app, browser } = started
    const statuses = await atOnce(app, browser, () => '/increment?')
    const { data } = await browser.shown()
    console.log(`changes: ${binding.name} on ${kind}: counted ${data.n}`)
    expect(statuses).toEqual(Array(REQUESTS).fill(200))
    expect(data).toEqual({ cart: 'book', n: REQUESTS })
  })
})

test.each(peers)('$name loses most of them', async (peer) => {
  await using app = await peer.start(placeOf('redis', 'peer'))
  const browser = new Browser(app)
  await atOnce(app, browser, (i) => `/set?key=key${i}&value=${i}`)
  const { data } = await browser.shown()
  const kept = Object.keys(data).filter((key) => key.startsWith('key')).length
  console.log(`changes: ${peer.name}: ${kept} of ${REQUESTS} keys`)
  expect(kept).toBeLessThan(REQUESTS)
})

/** Sends them all, and lets them go on once every one has loaded the session. */
async function atOnce(app: Application, browser: Browser, pathOf: (i: number) => string): Promise<number[]> {
  await browser.visit('/set?key=cart&value=book')
  const gate = app.holds.place('gate', REQUESTS)
  const answers = Array.from({ length: REQUESTS }, (_, i) => browser.send(`${pathOf(i)}&at=gate`))
  await gate.full
  gate.release()
  return (await Promise.all(answers)).map(({ status }) => status)
}
