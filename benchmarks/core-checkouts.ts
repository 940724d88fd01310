// Is a request's session cheaper in one checkout of core than in another? Over the memory store and without HTTP, 64
// requests at once, in turns within one process: what else the machine does meets all alike.
// `node --conditions=@leeway/source benchmarks/core-checkouts.ts /path/of/one /path/of/another`
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const REQUESTS = 64
const BATCHES = 25
const ROUNDS = 150

type Work = (writes: boolean) => Promise<void>

async function requestsIn(checkout: string): Promise<Work> {
  const source = (entry: string) => pathToFileURL(resolve(checkout, 'packages/core/src', entry)).href
  const { createSessions }: typeof import('@leeway/core') = await import(source('index.ts'))
  const { httpSessions }: typeof import('@leeway/core/http') = await import(source('http.ts'))
  const { memoryStore }: typeof import('@leeway/core/memory') = await import(source('memory.ts'))
  const http = httpSessions(createSessions({ store: memoryStore(), initialData: () => ({ n: 0 }) }), { secure: false })
  const request = async (cookie: string | undefined, writes: boolean) => {
    const exchange = http.begin(cookie, undefined)
    const session = await exchange.open()
    if (writes) session.data.n++
    return (await exchange.commit())?.split(';')[0]
  }
  const cookies = await Promise.all(Array.from({ length: REQUESTS }, () => request(undefined, true)))
  return async (writes) => {
    for (let batch = 0; batch < BATCHES; batch++) {
      await Promise.all(cookies.map((cookie) => request(cookie, writes)))
      await new Promise(setImmediate)
    }
  }
}

const checkouts = process.argv.slice(2)
const works = await Promise.all(checkouts.map(requestsIn))
for (const writes of [true, false]) {
  const times: number[][] = checkouts.map(() => [])
  // The first rounds are warm-up, and another checkout begins each time.
  for (let round = -20; round < ROUNDS; round++) {
    for (let turn = 0; turn < works.length; turn++) {
      const at = (turn + round + 20) % works.length
      const before = performance.now()
      await works[at]?.(writes)
      if (round >= 0) times[at]?.push((1000 * (performance.now() - before)) / (REQUESTS * BATCHES))
    }
  }
  console.log(writes ? '\nµs a request that writes' : '\nµs a request that reads')
  console.table(Object.fromEntries(checkouts.map((checkout, i) => [checkout, quantiles(times[i] ?? [])])))
}

/** The lowest of them tell most on a machine that does other work too. */
function quantiles(times: readonly number[]): Record<string, string | undefined> {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(share * sorted.length)]?.toFixed(2)
  return { lowest: at(0), 'lowest tenth': at(0.1), median: at(0.5) }
}
