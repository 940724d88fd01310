import { startRedis } from '@leeway/testing'
import { afterAll, expect, test, vi } from 'vitest'
import { crashBeside, crashEverywhere } from './redis-crash.ts'
import { type BeginningName, type OperationName, operations } from './redis-operations.ts'
import { RedisOrders } from './redis-orders.ts'

/** Only ends what hangs, on a machine that does other things as well. */
vi.setConfig({ testTimeout: 600_000 })

const server = await startRedis()
const runs = new RedisOrders(server.url)
const told: string[] = []
afterAll(async () => {
  runs.close()
  await server.stop()
  console.log(told.join('\n'))
})

const beginnings: readonly BeginningName[] = [
  'nothing',
  'a record',
  'an owned record',
  'an owned record and past entries',
]
const names = Object.keys(operations) as OperationName[]
const ofOwners: readonly OperationName[] = [
  'create for an owner',
  'update to another owner',
  'touch',
  'destroy',
  'revoke',
]

test.each(beginnings)(
  'a process that dies between two commands of any operation loses and tears nothing; before: %s',
  async (beginning) => {
    let [crashes, commands] = [0, 0]
    for (const name of names) {
      const ran = await crashEverywhere(runs, server.url, beginning, name)
      expect(ran.crashes).toBeGreaterThan(0)
      crashes += ran.crashes
      commands += ran.commands
    }
    told.push(`${crashes} crashes in ${commands} commands of one operation; before: ${beginning}`)
  },
)

test.each(beginnings.slice(0, 3))('nor does one that dies beside another; before: %s', async (beginning) => {
  let [crashes, commands] = [0, 0]
  for (const first of ofOwners) {
    for (const second of ofOwners) {
      const ran = await crashBeside(runs, server.url, beginning, [first, second])
      expect(ran.crashes).toBeGreaterThan(0)
      crashes += ran.crashes
      commands += ran.commands
    }
  }
  told.push(`${crashes} crashes in ${commands} commands of two operations; before: ${beginning}`)
})
