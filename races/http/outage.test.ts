import { type ManualClock, manualClock } from '@leeway/core/testing'
import { type RedisServer, startRedis, until } from '@leeway/testing'
import { expect, test } from 'vitest'
import { redisPlace } from '../redis-place.ts'
import { scratchPlaces } from '../scratch.ts'
import type { ApplicationOptions, Binding } from './application.ts'
import { crossed, dropInBindings, dropInKinds, nativeBindings, onEveryStore } from './bindings.ts'
import type { Received } from './browser.ts'
import { STORE_TIMEOUT_MS } from './native.ts'
import { type Started, start } from './start.ts'
import type { WatchedStore } from './watched-store.ts'

/** Half of them have loaded the session before the outage, half come while it lasts. */
const REQUESTS = 100
const placeOf = scratchPlaces()

interface Policy {
  readonly policy: 'fail' | 'anonymous'
  readonly expected: Readonly<Record<string, number>>
}

const policies: readonly Policy[] = [
  { policy: 'fail', expected: { 503: REQUESTS } },
  { policy: 'anonymous', expected: { '200 set': REQUESTS / 2, '200 no session': REQUESTS / 2 } },
]

interface Outage {
  readonly outage: string
  /** Whether a save that nobody waits for any more may still be made once the store is back: of no answer, nothing follows. */
  readonly savesLate: boolean
  /** Answers with what ends it. */
  begin(watched: WatchedStore): () => void
}

const failing: Outage = {
  outage: 'fails',
  savesLate: false,
  begin(watched) {
    watched.trouble = () => Promise.reject(new Error('connection refused'))
    return () => {
      watched.trouble = null
    }
  },
}

const hanging: Outage = {
  outage: 'does not answer',
  savesLate: true,
  begin(watched) {
    const { promise, reject } = Promise.withResolvers<never>()
    watched.trouble = () => promise
    return () => {
      watched.trouble = null
      reject(new Error('connection reset'))
    }
  },
}

test.each(crossed(crossed(policies, [failing, hanging]), onEveryStore(nativeBindings)))(
  `the store $outage under ${REQUESTS} requests, onStoreFailure $policy: $name on $kind logs nobody out`,
  async ({ policy, expected, outage, savesLate, begin, name, binding, kind, place }) => {
    const at = placeOf(kind, `${place}-${outage}-${policy}`)
    const { answers, after } = await throughOutage(binding, kind, at, native(policy), async ({ watched }) =>
      begin(watched),
    )
    console.log(`the store ${outage}, ${policy}: ${name} on ${kind}: ${JSON.stringify(tally(answers))}`)
    expect(tally(answers)).toEqual(expected)
    expect(answers.flatMap(({ setCookies }) => setCookies)).toEqual([])
    expect(after).toMatchObject({ owner: 'alice', data: { cart: 'book' } })
    if (!savesLate) expect(after.data).toEqual({ cart: 'book' })
  },
)

test.each(onEveryStore(dropInBindings, dropInKinds))(
  `the store fails under ${REQUESTS} requests: $name on $kind logs nobody out`,
  async ({ name, binding, kind, place }) => {
    const outage = async ({ watched }: Started) => failing.begin(watched)
    const { answers, after } = await throughOutage(binding, kind, placeOf(kind, place), {}, outage)
    // express-session answers before it knows that a save has failed.
    console.log(`the store fails: ${name} on ${kind}: ${JSON.stringify(tally(answers))}`)
    expect(tally(answers)['503']).toBeGreaterThanOrEqual(REQUESTS / 2)
    expect(answers.flatMap(({ setCookies }) => setCookies)).toEqual([])
    expect(after).toMatchObject({ owner: 'alice' })
    expect(after.data.lost).toBeUndefined()
  },
)

/** What happens to a Redis server, by its process, and what ends it. */
const disasters: readonly { disaster: string; begin(server: RedisServer): Promise<() => Promise<unknown>> }[] = [
  {
    disaster: 'is stopped with SIGSTOP',
    async begin(server) {
      await server.pause()
      return async () => server.resume()
    },
  },
  {
    disaster: 'is killed and started again',
    async begin(server) {
      await server.kill()
      return () => server.start()
    },
  },
]

test.each(crossed(crossed(policies, disasters), nativeBindings))(
  `the server $disaster under ${REQUESTS} requests, onStoreFailure $policy: $name logs nobody out`,
  async ({ policy, expected, disaster, begin, ...binding }) => {
    await using server = await startRedis({ appendonly: 'always' })
    const place = redisPlace(server.url, 'outage')
    const { answers, after } = await throughOutage(binding, 'redis', place, native(policy), () => begin(server))
    console.log(`the server ${disaster}, ${policy}: ${binding.name}: ${JSON.stringify(tally(answers))}`)
    expect(tally(answers)).toEqual(expected)
    expect(answers.flatMap(({ setCookies }) => setCookies)).toEqual([])
    // What had been sent to the server before it stood still, it does once it goes on.
    expect(after).toMatchObject({ owner: 'alice', data: { cart: 'book' } })
  },
)

function native(onStoreFailure: Policy['policy']) {
  return { clock: manualClock(), onStoreFailure }
}

/** Logs in, sends the requests, and reads with the cookie from before once the outage is over. */
async function throughOutage(
  binding: Binding,
  kind: Parameters<typeof start>[1],
  place: string,
  options: ApplicationOptions & { readonly clock?: ManualClock },
  begin: (started: Started) => Promise<() => unknown>,
) {
  const { clock } = options
  await using started = await start(binding, kind, place, options)
  const { app, browser } = started
  await browser.visit('/set?key=cart&value=book')
  await browser.visit('/login?owner=alice')
  const gate = app.holds.place('gate', REQUESTS / 2)
  const answers: Received[] = []
  const send = (path: string) =>
    Array.from({ length: REQUESTS / 2 }, async () => void answers.push(await browser.send(path)))
  const held = send('/set?key=lost&value=1&at=gate')
  await gate.full
  const end = await begin(started)
  gate.release()
  const fresh = send('/set?key=lost&value=1')
  const areWaiting = () => answers.length + (clock?.pendingTimers ?? 0) === REQUESTS
  await until('every request is answered, or waits for the store', areWaiting)
  clock?.advance(STORE_TIMEOUT_MS)
  await Promise.all([...held, ...fresh])
  await end()
  for (const answer of answers) browser.take(answer)
  // A client of Redis takes its time to connect again.
  await until('the store is back', async () => (await browser.send('/read')).body.startsWith('{'))
  return { answers, after: await browser.shown() }
}

/** How many were answered how: with the body, where that is the application's. */
function tally(answers: readonly Received[]): Record<string, number> {
  const kinds = answers.map(({ status, body }) => (status === 200 ? `200 ${body}` : String(status)))
  return Object.fromEntries(
    [...new Set(kinds)].sort().map((kind) => [kind, kinds.filter((one) => one === kind).length]),
  )
}
