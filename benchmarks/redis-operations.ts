// What is left of a raw client in the Redis store's operations, and what do other stores on Redis take?
//
// node --conditions=@leeway/source --expose-gc benchmarks/redis-operations.ts [rounds]
//
// A server of its own on the same machine, without persistence; the client has one process and each contender one
// connection. A turn is so many milliseconds of calls, by one caller or by 64 of which each has its own share of the
// sessions; a time is that of the turn over its calls. A turn of creates is followed by one that destroys what they made.
// A ratio is the other's time over leeway's in the same round: above 1, leeway is faster.
//
// Everybody has the same payload and keeps it in the form of its own: connect-redis and keyv make JSON of an object, the
// store and the raw clients are given text. What JSON adds to the store is a contender of its own.
//
// `the store's scripts, raw` is the same command over the same client without the store, and so what a round trip costs.
// The last table says where the time of a call goes: CPU time of this process, CPU time of the server, and what the
// server itself counts for the command (`usec_per_call`, without its sockets).
import { startRedis } from '@leeway/testing'
import { contenders } from './redis-contenders.ts'
import { judged, ratioTable, speedTable } from './redis-report.ts'
import { costTable } from './redis-server-cost.ts'
import { inTurns, type Operation, openAll, type Turns, works } from './redis-turns.ts'

const rounds = Number(process.argv[2] ?? 11)
const payloads = { '300 B': 'x'.repeat(300), '8 KB': 'x'.repeat(8_000) }

const server = await startRedis()
try {
  console.log(`Node ${process.version}, ${server.kind} ${server.version}, ${rounds} rounds`)
  const verdicts: string[] = []
  for (const [size, payload] of Object.entries(payloads)) {
    const sides = await openAll(server, payload)
    for (const callers of [1, 64]) {
      const results = new Map<Operation, Turns>()
      for (const operations of works) {
        for (const [operation, turns] of await inTurns(sides, operations, callers, rounds)) {
          results.set(operation, turns)
          verdicts.push(...judged(turns, { size, operation, callers }))
        }
      }
      console.log(`\n### ${size}, ${callers === 1 ? '1 caller' : `${callers} callers`}`)
      console.log(`\nCalls per second: median (lowest to highest)\n\n${speedTable(results, Object.keys(contenders))}`)
      for (const name of ['leeway', 'leeway, auto-pipelining', 'leeway, and JSON', 'leeway, owned']) {
        console.log(`\n${ratioTable(results, name)}`)
      }
      console.log(`\nOne round: microseconds a call\n\n${await costTable(server, sides, callers)}`)
    }
    for (const { contender } of sides) await contender.close()
    await server.command('FLUSHALL')
  }
  console.log(`\n### Targets (median ratio)\n\n${verdicts.join('\n')}`)
} finally {
  await server.stop()
}
