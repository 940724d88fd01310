import { describe, expect, test } from 'vitest'
import { Barrier } from './barrier.ts'
import { type Contender, contender, type Held } from './contender.ts'
import { scratchPlaces } from './scratch.ts'
import { leewayKinds } from './stores.ts'

const REQUESTS = 1000
const placeOf = scratchPlaces()

interface Tally {
  readonly held: number
  readonly acknowledged: number
  readonly resurrected: number
}

describe.each<{ shape: string; sessions: number }>([
  { shape: 'one session', sessions: 1 },
  { shape: 'one session each', sessions: REQUESTS },
])(`logout during ${REQUESTS} requests in flight, $shape`, ({ shape, sessions }) => {
  test.each(leewayKinds)('leeway on %s resurrects none', async (kind) => {
    const tally = await logoutInFlight(contender(kind, placeOf(kind, `${kind}-${sessions}`)), sessions)
    console.log(`leeway on ${kind}, ${shape}: ${JSON.stringify(tally)}`)
    expect(tally).toEqual({ held: REQUESTS, acknowledged: 0, resurrected: 0 })
  })

  test('the naive store resurrects', async () => {
    const tally = await logoutInFlight(contender('naive', placeOf('naive', `naive-${sessions}`)), sessions)
    console.log(`naive upsert, ${shape}: ${JSON.stringify(tally)}`)
    expect(tally).toEqual({ held: REQUESTS, acknowledged: REQUESTS, resurrected: sessions })
  })
})

async function logoutInFlight(store: Contender, sessions: number): Promise<Tally> {
  const tokens = await Promise.all(Array.from({ length: sessions }, () => store.start('before')))
  const barrier = new Barrier(REQUESTS)
  const requests = Array.from({ length: REQUESTS }, async (_, i) => {
    const request = (await store.load(tokens[i % sessions] as string)) as Held
    await barrier.arrive()
    return request.save('after')
  })
  await barrier.full
  for (const token of tokens) await store.logout(token)
  barrier.release()
  const answers = await Promise.all(requests)
  const alive = await Promise.all(tokens.map((token) => store.read(token)))
  await store.close()
  return {
    held: barrier.held,
    acknowledged: answers.filter((answer) => answer === 'acknowledged').length,
    resurrected: alive.filter((value) => value !== undefined).length,
  }
}
