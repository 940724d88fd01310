import { describe, expect, test } from 'vitest'
import { Barrier } from './barrier.ts'
import { Child } from './child.ts'
import { type Contender, contender, GRACE_MS, type Held, IDLE_MS } from './contender.ts'
import { leewayNative, naiveNative, outlastTtl } from './native-expiry.ts'
import { scratchPlaces } from './scratch.ts'
import { type SweptKind, sweptKinds } from './stores.ts'
import type { Told } from './sweeper-process.ts'

const ROUNDS = 20
const REQUESTS = 500
/** On Redis, in real time. */
const HELD = 1_000
const placeOf = scratchPlaces()

interface Tally {
  held: number
  acknowledged: number
  lost: number
  gone: number
  swept: number
}

describe(`${ROUNDS * REQUESTS} requests that straddle their expiry while another process sweeps`, () => {
  test.each(sweptKinds)(
    'leeway on %s: none lost, none gone',
    async (kind) => {
      const tally = await straddle(kind)
      console.log(`leeway on ${kind}: ${JSON.stringify(tally)}`)
      expect(tally).toMatchObject({ held: ROUNDS * REQUESTS, acknowledged: ROUNDS * REQUESTS, lost: 0, gone: 0 })
      expect(tally.swept).toBe((ROUNDS - 1) * REQUESTS)
    },
    300_000,
  )

  test('the naive store loses some', async () => {
    const tally = await straddle('naive')
    console.log(`naive upsert, check-then-delete: ${JSON.stringify(tally)}`)
    expect(tally.held).toBe(ROUNDS * REQUESTS)
    expect(tally.lost).toBeGreaterThan(0)
  }, 300_000)
})

describe(`${HELD} requests that save while Redis counts down to the removal of their sessions`, () => {
  test('leeway: none lost, and none gone before the grace is over', async () => {
    const sessions = leewayNative(placeOf('redis', 'native'))
    const tally = await outlastTtl(sessions, HELD)
    await sessions.close()
    console.log(`leeway on redis, native expiry: ${JSON.stringify(tally)}`)
    expect(tally).toMatchObject({ held: HELD, lost: 0, inGrace: { gone: 0 }, late: { acknowledged: 0 } })
    expect(tally.inGrace.acknowledged).toBeGreaterThan(0)
    expect(tally.late.gone).toBeGreaterThan(0)
  })

  test('a key that goes with its session, and a save that only updates: all that come after the expiry are gone', async () => {
    const sessions = naiveNative(placeOf('redis', 'naive-native'))
    const tally = await outlastTtl(sessions, HELD)
    await sessions.close()
    console.log(`naive on redis, native expiry: ${JSON.stringify(tally)}`)
    expect(tally).toMatchObject({ held: HELD, inGrace: { acknowledged: 0 } })
    expect(tally.inGrace.gone).toBeGreaterThan(0)
  })
})

async function straddle(kind: 'naive' | SweptKind): Promise<Tally> {
  const place = placeOf(kind, kind)
  const sessions = contender(kind, place)
  const sweeper = new Child<Told>('./sweeper-process.ts', [kind, place])
  const tally: Tally = { held: 0, acknowledged: 0, lost: 0, gone: 0, swept: 0 }
  try {
    for (let round = 0; round < ROUNDS; round++) await straddleOnce(sessions, sweeper, tally)
    sweeper.send({ stop: true })
    expect(await sweeper.exited).toBe(0)
  } finally {
    sweeper.kill()
    await sessions.close()
  }
  return tally
}

/** Loads at one millisecond before the expiry, holds every request until a cleanup is at work after it, then saves. */
async function straddleOnce(sessions: Contender, sweeper: Child<Told>, tally: Tally): Promise<void> {
  const { clock } = sessions
  const tokens = await Promise.all(Array.from({ length: REQUESTS }, () => sessions.start('before')))
  clock.advance(IDLE_MS - 1)
  const barrier = new Barrier(REQUESTS)
  const requests = tokens.map(async (token) => {
    const request = (await sessions.load(token)) as Held
    await barrier.arrive()
    return request.save('after')
  })
  await barrier.full
  tally.held += barrier.held

  clock.advance(2)
  const cutoff = clock.now()
  sweeper.send({ now: cutoff })
  await sweeper.next((told) => told.phase === 'checked' && told.cutoff === cutoff)
  barrier.release()
  const answers = await Promise.all(requests)
  // The pass that was at work meanwhile, and a whole one after it.
  await passAt(sweeper, cutoff)
  tally.swept = await passAt(sweeper, cutoff)

  const found = await Promise.all(tokens.map((token) => sessions.read(token)))
  for (const [i, answer] of answers.entries()) {
    if (answer === 'gone') tally.gone++
    else {
      tally.acknowledged++
      if (found[i] !== 'after') tally.lost++
    }
  }
  clock.advance(IDLE_MS + GRACE_MS)
}

/** Waits for the end of a pass at this cutoff; resolves with what the sweeper has removed so far. */
async function passAt(sweeper: Child<Told>, cutoff: number): Promise<number> {
  const told = await sweeper.next(({ phase, cutoff: at }) => phase === 'swept' && at === cutoff)
  return told.removed
}
