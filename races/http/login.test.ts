import { expect, test } from 'vitest'
import { randomFrom, runSeed, shuffled } from '../random.ts'
import { scratchPlaces } from '../scratch.ts'
import type { Application } from './application.ts'
import { crossed, dropInBindings, dropInKinds, nativeBindings, onEveryStore } from './bindings.ts'
import { Browser, type Received } from './browser.ts'
import { onExpressSession } from './on-express-session.ts'
import { peers } from './peers.ts'
import { start } from './start.ts'

const REQUESTS = 100
const ORDERS = 1000
const placeOf = scratchPlaces()

/** Whether a rotation is under way that the browser has not heard of: its requests know the next secret as well. */
const beginnings = [
  { beginning: 'a stored session', isRotating: false },
  { beginning: 'a session in rotation', isRotating: true },
]

test.each(crossed(beginnings, onEveryStore(nativeBindings)))(
  `a login to $beginning beside ${REQUESTS} requests with the old cookie: $name on $kind logs in, in every order of the responses`,
  async ({ beginning, isRotating, name, binding, kind, place }) => {
    await using started = await start(binding, kind, placeOf(kind, `${place}-${isRotating}`))
    const { app, watched } = started
    const { old, login, held, behind } = await loginInFlight(app, isRotating)
    const others = [...held, ...behind]
    const { loggedIn, other } = inOrders(app, old, login, others)
    console.log(`login to ${beginning}: ${name} on ${kind}: logged in after ${loggedIn} of ${ORDERS} orders`)
    expect(other).toBeUndefined()
    expect(others.map(({ status }) => status)).toEqual(Array(REQUESTS).fill(200))
    const browser = new Browser(app, old)
    browser.take(login)
    expect(await browser.shown()).toEqual({ owner: 'alice', data: { cart: 'book' } })
    expect(await new Browser(app, old).shown()).toEqual({ owner: null, data: {} })
    expect(watched.created).toHaveLength(1)
  },
)

test.each(onEveryStore(dropInBindings, dropInKinds))(
  `a login beside ${REQUESTS} requests with the old cookie: $name on $kind keeps what they write out of the session`,
  async ({ name, binding, kind, place }) => {
    await using started = await start(binding, kind, placeOf(kind, place))
    const { app } = started
    const { old, login, held, behind } = await loginInFlight(app, false)
    // The cookie is the framework's, and so is whether a response that comes after that of the login replaces it.
    const beside = inOrders(app, old, login, held).loggedIn
    const andBehind = inOrders(app, old, login, [...held, ...behind]).loggedIn
    console.log(
      `login: ${name} on ${kind}: logged in after ${beside} of ${ORDERS} orders, ${andBehind} with requests sent behind it`,
    )
    if (binding === onExpressSession) expect(beside).toBe(ORDERS)
    const browser = new Browser(app, old)
    browser.take(login)
    const { owner, data } = await browser.shown()
    expect(owner).toBe('alice')
    expect(Object.values(data)).not.toContain('dead')
    const dead = await new Browser(app, old).shown()
    expect(dead.owner).toBe(null)
    expect(Object.values(dead.data)).not.toContain('dead')
  },
)

test.each(peers)(`a login beside ${REQUESTS} requests with the old cookie: $name`, async (peer) => {
  await using app = await peer.start(placeOf('redis', 'peer'))
  const { old, login, held, behind } = await loginInFlight(app, false)
  const { loggedIn } = inOrders(app, old, login, [...held, ...behind])
  const { data } = await new Browser(app, old).shown()
  const isDead = !Object.values(data).includes('dead')
  const opens = isDead ? 'nothing' : 'what late requests wrote'
  console.log(`login: ${peer.name}: logged in after ${loggedIn} of ${ORDERS} orders, the old cookie opens ${opens}`)
  expect(loggedIn).toBeLessThan(ORDERS)
  expect(isDead).toBe(false)
})

/**
 * Half of the others have loaded the session before the login and go on after it. Half are sent behind it, before its
 * response arrives.
 */
async function loginInFlight(app: Application, isRotating: boolean) {
  const browser = new Browser(app)
  await browser.visit('/set?key=cart&value=book')
  if (isRotating) await browser.send('/rotate')
  const gate = app.holds.place('gate', REQUESTS / 2)
  const write = (at: string) => (_: unknown, i: number) => browser.send(`/set?key=key${i}&value=dead&at=${at}`)
  const held = Array.from({ length: REQUESTS / 2 }, write('gate'))
  await gate.full
  const login = await browser.send('/login?owner=alice')
  const behind = await Promise.all(Array.from({ length: REQUESTS / 2 }, write('nowhere')))
  gate.release()
  return { old: browser.cookies, login, held: await Promise.all(held), behind }
}

/** Lets the responses arrive at a browser in many orders. Tells after how many it has the cookie of the login, and of one where it has not. */
function inOrders(app: Application, old: string, login: Received, others: readonly Received[]) {
  const expected = new Browser(app, old)
  expected.take(login)
  const seed = runSeed()
  const random = randomFrom(seed)
  let loggedIn = 0
  let other: string | undefined
  for (let order = 0; order < ORDERS; order++) {
    const browser = new Browser(app, old)
    const arriving = shuffled([login, ...others], random)
    for (const response of arriving) browser.take(response)
    if (browser.cookies === expected.cookies) loggedIn++
    else {
      const setting = arriving.filter(({ setCookies }) => setCookies.length > 0).map(({ body }) => body)
      other ??= `RACES_SEED=${seed}, order ${order}: the responses that set a cookie were to ${setting}`
    }
  }
  return { loggedIn, other }
}
