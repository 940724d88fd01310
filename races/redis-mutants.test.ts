import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { defineSubject, runConformance } from '@leeway/conformance'
import type * as RedisStoreModule from '@leeway/redis'
import { startRedis } from '@leeway/testing'
import { Redis } from 'ioredis'
import { afterAll, expect, test, vi } from 'vitest'
import { copyWith, saidBy } from './mutant-copy.ts'
import { crashEverywhere } from './redis-crash.ts'
import { type RedisMutant, redisMutants } from './redis-mutants.ts'
import { type Open, RedisOrders } from './redis-orders.ts'
import { everyOrderOfPages, PAST_PURGE_MS } from './redis-paging.ts'

/** Only ends what hangs, on a machine that does other things as well. */
vi.setConfig({ testTimeout: 600_000 })

const server = await startRedis()
const client = new Redis(server.url)
const caught: string[] = []
afterAll(async () => {
  client.disconnect()
  await server.stop()
  console.log(`${caught.join('\n')}\n${caught.length} of ${redisMutants.length} mutants of the Redis store caught`)
})

test.each(redisMutants)('caught: $name', async ({ name, edits, caughtBy, message }) => {
  const index = pathToFileURL(join(copyWith('redis', edits), 'index.ts')).href
  const { redisStore } = (await import(index)) as typeof RedisStoreModule
  expect(await verdictOn(redisStore, caughtBy)).toContain(message)
  caught.push(`${JSON.stringify(caughtBy)}: ${name}`)
})

/** What finds the fault says so; nothing said is a mutant that lives. */
async function verdictOn(open: Open, caughtBy: RedisMutant['caughtBy']): Promise<string> {
  if ('rule' in caughtBy) return saidByRule(open, caughtBy.rule)
  const runs = new RedisOrders(server.url, open)
  try {
    if ('crash' in caughtBy) return await saidBy(crashEverywhere(runs, server.url, caughtBy.beginning, caughtBy.crash))
    if ('pages' in caughtBy) {
      const aheadMs = caughtBy.isAhead ? PAST_PURGE_MS : 0
      return await saidBy(everyOrderOfPages(runs, 2, [caughtBy.pages], { aheadMs }))
    }
    const { beginning, orders, flushed = false } = caughtBy
    return await saidBy(runs.everyOrderOf(beginning, orders, { flushed }))
  } finally {
    runs.close()
  }
}

async function saidByRule(open: Open, rule: string): Promise<string> {
  const prefixOf = (scratch: string) => `${createHash('sha256').update(scratch).digest('hex').slice(0, 16)}:`
  const subject = defineSubject({
    name: 'mutant',
    open: ({ scratch, namespace, clock, maxPayloadBytes }) =>
      open({ client, prefix: prefixOf(scratch), namespace, clock, maxPayloadBytes }),
    /** Puts something of another type in its place. */
    async corrupt({ scratch, namespace, id }) {
      const key = `${prefixOf(scratch)}${namespace}:${id}`
      await client.del(key)
      await client.hset(key, 'payload', 'of another program')
    },
  })
  const { results } = await runConformance(subject, { rules: [rule] })
  return results.find(({ id }) => id === rule)?.failure?.message ?? ''
}
