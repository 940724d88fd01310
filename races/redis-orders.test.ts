import { startRedis } from '@leeway/testing'
import { afterAll, expect, test, vi } from 'vitest'
import { type BeginningName, type OperationName, operations } from './redis-operations.ts'
import { RedisOrders } from './redis-orders.ts'
import { everyOrderOfPages, PAST_PURGE_MS } from './redis-paging.ts'

/** Only ends what hangs, on a machine that does other things as well. */
vi.setConfig({ testTimeout: 600_000 })

const server = await startRedis()
const runs = new RedisOrders(server.url)
const told: [what: string, orders: number, commands: number][] = []
afterAll(async () => {
  runs.close()
  await server.stop()
  for (const [what, orders] of told) console.log(`${String(orders).padStart(6)} orders: ${what}`)
  const [orders, commands] = [1, 2].map((at) => told.reduce((sum, one) => sum + Number(one[at]), 0))
  console.log(`${orders} orders of ${commands} commands in all`)
})

const beginnings: readonly BeginningName[] = ['nothing', 'a record', 'an owned record']
const names = Object.keys(operations) as OperationName[]
const ofOwners: readonly OperationName[] = [
  'create for an owner',
  'update to another owner',
  'touch',
  'destroy',
  'list by owner',
  'revoke',
]

test.each(beginnings)(
  'every order of the commands of two operations is as if one had come first; before: %s',
  async (beginning) => {
    await runAll(`two operations; before: ${beginning}`, beginning, pairsOf(names), { reduced: false })
  },
)

test.each(beginnings)(
  'every order of the commands of three operations on owners is as if they had come one after the other; before: %s',
  async (beginning) => {
    const threes = ofOwners.flatMap((one, n) => pairsOf(ofOwners.slice(n)).map((pair) => [one, ...pair]))
    await runAll(`three operations; before: ${beginning}`, beginning, threes)
  },
)

test.each(beginnings)(
  'a server that forgets its scripts at any moment changes no answer; before: %s',
  async (beginning) => {
    const some = pairsOf(['create for an owner', 'update to another owner', 'touch', 'list by owner'])
    await runAll(`two operations and SCRIPT FLUSH; before: ${beginning}`, beginning, some, { flushed: true })
  },
)

test.each<BeginningName>([
  'past entries',
  'an owned record and past entries',
  'an owned record with a past entry',
  'an owned record and many past entries',
])('trimming the index takes no live session from it, whoever trims and when; before: %s', async (beginning) => {
  const pairs = pairsOf(['create for an owner', 'update', 'touch'])
  for (const aheadMs of [0, 1_800_000, -1_800_000]) {
    await runAll(`two that trim, one ${aheadMs} ms ahead; before: ${beginning}`, beginning, pairs, {
      aheadMs: [0, aheadMs],
    })
  }
})

test.each<{ of: readonly OperationName[] }>([
  { of: ['touch'] },
  { of: ['update'] },
  { of: ['update to another owner'] },
  { of: ['destroy', 'create for an owner'] },
  { of: ['touch', 'update'] },
  { of: ['touch', 'destroy'] },
])('a session that is there throughout is on one of the pages, whatever moves meanwhile: $of', async ({ of }) => {
  for (const limit of [1, 2]) {
    const { orders, commands } = await everyOrderOfPages(runs, limit, of)
    told.push([`pages of ${limit} and ${of.join(', ')}`, orders, commands])
  }
})

test('nobody whose clock is ahead trims the sessions of others', async () => {
  for (const name of ['touch', 'update', 'create for an owner'] as const) {
    const { orders, commands } = await everyOrderOfPages(runs, 2, [name], { aheadMs: PAST_PURGE_MS })
    told.push([`pages of 2 and ${name}, by a clock that is ahead`, orders, commands])
  }
})

test.each<OperationName[]>([
  ['touch', 'update'],
  ['create for an owner', 'revoke'],
  ['update to another owner', 'revoke'],
  ['touch', 'list of all', 'destroy'],
])('orders that the reduction leaves out end as others do: %s with %s', async (...of) => {
  const all = await runs.everyOrderOf('an owned record', of, { reduced: false })
  const some = await runs.everyOrderOf('an owned record', of)
  console.log(`${of.join(' with ')}: ${all.orders} orders, ${some.orders} with the reduction`)
  expect(some.outcomes).toEqual(all.outcomes)
  expect(some.orders).toBeLessThan(all.orders)
})

/** Each with itself as well. */
function pairsOf(of: readonly OperationName[]): OperationName[][] {
  return of.flatMap((first, n) => of.slice(n).map((second) => [first, second]))
}

async function runAll(
  what: string,
  beginning: BeginningName,
  all: readonly (readonly OperationName[])[],
  variation: Parameters<RedisOrders['everyOrderOf']>[2] = {},
): Promise<void> {
  let [orders, commands] = [0, 0]
  for (const of of all) {
    const ran = await runs.everyOrderOf(beginning, of, variation)
    orders += ran.orders
    commands += ran.commands
  }
  told.push([what, orders, commands])
}
