// What is left of an application's requests per second once its visitors have sessions? A counter on Express and on
// Fastify, 64 connections, each a visitor with a session of their own; every contender is a server process, and each
// round asks all of them in turn, on a route that writes to the session and on one that only reads it.
// `--quick` takes fewer and shorter rounds; `--only memory` takes the contenders whose name has that, and the baselines.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startRedis } from '@leeway/testing'
import { onExpress } from './http-express.ts'
import { onFastify } from './http-fastify.ts'
import { assertKept, isBaseline, report } from './http-report.ts'
import { type Measured, Served } from './http-served.ts'

const CONNECTIONS = 64
const { values } = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string' } } })
const { rounds, seconds } = values.quick ? { rounds: 3, seconds: 1 } : { rounds: 7, seconds: 3 }
const names = [...Object.keys(onExpress), ...Object.keys(onFastify)].filter(
  (name) => isBaseline(name) || name.includes(values.only ?? ''),
)

const scratch = mkdtempSync(join(tmpdir(), 'leeway-http-'))
const redis = await startRedis()
const servers: Served[] = []
const measured: Measured[] = []
try {
  for (const name of names) servers.push(await Served.start(name, [scratch, redis.url], CONNECTIONS))
  for (const server of servers) for (const route of ['increment', 'read'] as const) await server.load(route, 1) // warm-up
  for (let round = 0; round < rounds; round++) {
    // Another one begins each time, so that nobody always follows the same neighbour.
    const order = servers.map((_, i) => servers[(i + round) % servers.length])
    for (const server of order) {
      for (const route of ['increment', 'read'] as const) {
        if (server) measured.push({ name: server.name, route, round, ...(await server.load(route, seconds)) })
      }
    }
  }
} finally {
  for (const server of servers) server.stop()
  await redis.stop()
  rmSync(scratch, { recursive: true, force: true })
}
console.log(`Node ${process.version}; ${CONNECTIONS} connections, ${rounds} rounds of ${seconds} s for each route`)
report(names, measured)
assertKept(measured)
