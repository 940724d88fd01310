import { fileStore } from '@leeway/file'
import { afterAll, expect, test } from 'vitest'
import { type BeginningName, beginnings, everyOrderOf, type OperationName, operations } from './file-pairs.ts'

const names = Object.keys(operations) as OperationName[]
const pairs = names.flatMap((first, n) => names.slice(n).map((second) => [first, second] as const))
/** Those of three in which each can undo what the other two do. */
const triples: readonly (readonly OperationName[])[] = [
  ['touch', 'destroy', 'sweep'],
  ['load', 'update', 'destroy'],
  ['update', 'touch', 'sweep before the purge time'],
]
const PATIENCE_MS = 600_000

const told: [what: string, orders: number, calls: number][] = []
afterAll(() => {
  for (const [what, orders] of told) console.log(`${String(orders).padStart(6)} orders: ${what}`)
  const [orders, calls] = [1, 2].map((at) => told.reduce((sum, one) => sum + Number(one[at]), 0))
  console.log(`${orders} orders of ${calls} calls of the file system in all`)
})

test.each(Object.keys(beginnings) as BeginningName[])(
  'every order of the calls of two operations is as if one had come first; before: %s',
  async (beginning) => {
    for (const pair of pairs) await run(beginning, pair)
  },
  PATIENCE_MS,
)

test.each(triples)(
  'every order of the calls of %s, %s and %s is as if they had come one after the other',
  async (...triple) => {
    await run('a record that each has loaded', triple)
  },
  PATIENCE_MS,
)

test.each<OperationName[]>([
  ['update', 'destroy'],
  ['touch', 'destroy'],
  ['create', 'destroy'],
  ['destroy', 'destroy'],
  ['destroy', 'sweep'],
])(
  'every order of the calls of %s and %s is as if one had come first, with what waits for the disk',
  async (...pair) => {
    const open: typeof fileStore = (options) => fileStore({ ...options, durability: 'power-loss' })
    const { orders, calls } = await everyOrderOf(open, 'a record that each has loaded', pair)
    told.push([`${pair.join(', ')} (with durability)`, orders, calls])
  },
  PATIENCE_MS,
)

test.each<OperationName[]>([
  ['touch', 'destroy'],
  ['update', 'touch'],
  ['load', 'update'],
  ['touch', 'sweep'],
])('orders that the reduction leaves out end as others do: %s with %s', async (...pair) => {
  const all = await everyOrderOf(fileStore, 'a record', pair, { reduced: false })
  const some = await everyOrderOf(fileStore, 'a record', pair)
  console.log(`${pair.join(' with ')}: ${all.orders} orders, ${some.orders} with the reduction`)
  expect(some.outcomes).toEqual(all.outcomes)
  expect(some.orders).toBeLessThan(all.orders)
})

async function run(beginning: BeginningName, of: readonly OperationName[]): Promise<void> {
  const { orders, calls } = await everyOrderOf(fileStore, beginning, of)
  told.push([`${of.join(', ')} (before: ${beginning})`, orders, calls])
}
