import { expect, test } from 'vitest'
import { randomFrom, runSeed, shuffled } from '../random.ts'
import { scratchPlaces } from '../scratch.ts'
import type { Application } from './application.ts'
import { nativeBindings, onEveryStore } from './bindings.ts'
import { Browser, type Received } from './browser.ts'
import { start } from './start.ts'

const REQUESTS = 100
const ORDERS = 1000
const placeOf = scratchPlaces()

test.each(onEveryStore(nativeBindings))(
  `a login beside ${REQUESTS} requests with the old cookie: $name on $kind ends logged in, in every order of the responses`,
  async ({ binding, kind }) => {
    await using started = await start(binding, kind, placeOf(kind, `${binding.name}-${kind}`))
    const { app, browser, watched } = started
    await browser.visit('/set?key=cart&value=book')
    const old = browser.cookies
    const { login, others } = await loginInFlight(app, browser)
    const { orders, ends } = inOrders(app, old, login, others)
    console.log(
      `login: ${binding.name} on ${kind}: ${REQUESTS} others, ${orders} orders of the responses, all logged in`,
    )
    expect(ends).toHaveLength(1)
    expect(await new Browser(app, ends[0]).shown()).toEqual({ owner: 'alice', data: { cart: 'book' } })
    expect(await new Browser(app, old).shown()).toEqual({ owner: null, data: {} })
    expect(watched.created).toHaveLength(1)
  },
)

/** Half of the others have loaded the session before the login and go on after it; half are sent before its response arrives. */
async function loginInFlight(app: Application, browser: Browser): Promise<{ login: Received; others: Received[] }> {
  const gate = app.holds.place('gate', REQUESTS / 2)
  const write = (at: string) => (_: unknown, i: number) => browser.send(`/set?key=key${i}&value=dead&at=${at}`)
  const held = Array.from({ length: REQUESTS / 2 }, write('gate'))
  await gate.full
  const login = await browser.send('/login?owner=alice')
  const sentBefore = Array.from({ length: REQUESTS / 2 }, write('nowhere'))
  gate.release()
  return { login, others: await Promise.all([...held, ...sentBefore]) }
}

/** The cookies that a browser ends with, over many orders in which the responses arrive. @throws where one ends elsewhere than the login */
function inOrders(app: Application, old: string, login: Received, others: readonly Received[]) {
  const seed = runSeed()
  const random = randomFrom(seed)
  const ends = new Set<string>()
  for (let order = 0; order < ORDERS; order++) {
    const browser = new Browser(app, old)
    const arriving = shuffled([login, ...others], random)
    for (const response of arriving) browser.take(response)
    ends.add(browser.cookies)
    if (ends.size > 1) {
      const setting = arriving.filter(({ setCookies }) => setCookies.length > 0).map(({ body }) => body)
      throw new Error(`RACES_SEED=${seed}, order ${order}: another cookie than before, from the responses ${setting}`)
    }
  }
  return { orders: ORDERS, ends: [...ends] }
}
