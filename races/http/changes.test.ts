import { expect, test } from 'vitest'
import { scratchPlaces } from '../scratch.ts'
import type { Application } from './application.ts'
import { all, nativeBindings, onEveryStore } from './bindings.ts'
import { Browser } from './browser.ts'
import { peers } from './peers.ts'
import { start } from './start.ts'

const REQUESTS = 200
const placeOf = scratchPlaces()

test.each(all)(
  `${REQUESTS} requests at once, each with a key of its own: $name on $kind keeps all`,
  async ({ name, binding, kind, place }) => {
    await using started = await start(binding, kind, placeOf(kind, `${place}-keys`))
    const { app, browser } = started
    const statuses = await atOnce(app, browser, (i) => `/set?key=key${i}&value=${i}`)
    const { data } = await browser.shown()
    console.log(`changes: ${name} on ${kind}: ${keysOf(data).length} of ${REQUESTS} keys`)
    expect(statuses).toEqual(Array(REQUESTS).fill(200))
    const keys = Array.from({ length: REQUESTS }, (_, i) => [`key${i}`, String(i)])
    expect(data).toMatchObject({ cart: 'book', ...Object.fromEntries(keys) })
    expect(keysOf(data)).toHaveLength(REQUESTS)
  },
)

test.each(onEveryStore(nativeBindings))(
  `${REQUESTS} increments at once: $name on $kind counts every one`,
  async ({ name, binding, kind, place }) => {
    await using started = await start(binding, kind, placeOf(kind, `${place}-increments`))
    const { app, browser } = started
    const statuses = await atOnce(app, browser, () => '/increment?')
    const { data } = await browser.shown()
    console.log(`changes: ${name} on ${kind}: counted ${data.n}`)
    expect(statuses).toEqual(Array(REQUESTS).fill(200))
    expect(data).toEqual({ cart: 'book', n: REQUESTS })
  },
)

test.each(peers)(`${REQUESTS} requests at once, each with a key of its own: $name loses most`, async (peer) => {
  await using app = await peer.start(placeOf('redis', 'peer'))
  const browser = new Browser(app)
  await atOnce(app, browser, (i) => `/set?key=key${i}&value=${i}`)
  const { data } = await browser.shown()
  const kept = keysOf(data).length
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

function keysOf(data: object): string[] {
  return Object.keys(data).filter((key) => key.startsWith('key'))
}
