import { startReplicated, until } from '@leeway/testing'
import { version } from '@leeway/testing/records'
import { expect, onTestFinished, test } from 'vitest'
import { redisStore } from '../index.ts'
import { callsOn } from '../testing/calls-of.ts'
import { clientOf, failureOf, live, outcomeOf } from '../testing/support.ts'

const TIMEOUT_MS = 1_200
const LATE_MS = 1_000

async function opened(commandTimeoutMs: number, replicas = 1) {
  const servers = await startReplicated({ sentinels: 0 })
  onTestFinished(() => servers.stop())
  const { primary } = servers
  const [replica] = servers.replicas
  if (!replica) throw new Error('there is one')
  // It is in sync, but the primary may not have heard so yet.
  await primary.command('SET', 'first', 'x')
  await primary.command('WAIT', 1, 20_000)
  const client = clientOf(primary)
  const store = redisStore({ client, replicas, commandTimeoutMs })
  onTestFinished(() => store.close())
  const connections = async () =>
    String(await primary.command('CLIENT', 'LIST', 'TYPE', 'normal'))
      .trim()
      .split('\n').length
  const waiting = async () => /^blocked_clients:([1-9])/m.test(String(await primary.command('INFO', 'clients')))
  return { primary, replica, client, store, connections, waiting }
}

const session = live('x', { owner: 'alice' })
const unowned = live('y')
const WRITES = ['create', 'update', 'touch', 'destroy']

test('a write is over once the replica has it', async () => {
  const { replica, store, waiting } = await opened(20_000)
  const key = `leeway:default:${unowned.id}`
  await store.create(unowned)
  expect(await replica.command('EXISTS', key)).toBe(1)
  expect(await store.update({ ...unowned, version: version(2) }, unowned.version)).toBe('saved')
  await replica.pause()
  let isOver = false
  const updating = store.update({ ...unowned, version: version(3) }, version(2)).finally(() => {
    isOver = true
  })
  await until('it waits for the replica', waiting)
  expect((await store.load(unowned.id))?.version).toBe(version(3))
  expect(isOver).toBe(false)
  replica.resume()
  expect(await updating).toBe('saved')
  expect(String(await replica.command('GET', key))).toContain(version(3))
  expect(await store.destroy(unowned.id)).toBe('destroyed')
  expect(await replica.command('EXISTS', key)).toBe(0)
})

test.each([
  ['stands still', (replica: { pause(): Promise<void> }) => replica.pause()],
  ['is killed', (replica: { kill(): Promise<void> }) => replica.kill()],
])('while the replica %s writes are refused in time and loads go on; afterwards all works', async (_what, harm) => {
  const { replica, store } = await opened(TIMEOUT_MS)
  await store.create(session)
  await harm(replica)
  const calls = callsOn(store, session)
  for (const name of WRITES) {
    const writing = failureOf(Promise.resolve(calls[name]?.()))
    let isOver = false
    void writing.finally(() => {
      isOver = true
    })
    if (name !== 'destroy') expect((await store.load(session.id))?.id).toBe(session.id)
    expect(isOver).toBe(false)
    const { error, ms } = await writing
    expect([error.code, error.operation, error.id]).toEqual(['ERR_NOT_REPLICATED', name, '000000…'])
    expect(error.message).toContain('0 of 1')
    expect(ms).toBeLessThan(TIMEOUT_MS + LATE_MS)
  }
  if (replica.isRunning) replica.resume()
  else await replica.start()
  const last = live('z', { owner: 'alice' })
  const answers = new Set<unknown>()
  await until('a write is confirmed', async () => {
    const outcome = await outcomeOf(store.create(last))
    if ('value' in outcome) answers.add(outcome.value)
    return answers.size > 0
  })
  expect([...answers]).toEqual(['created'])
  expect(await replica.command('EXISTS', `leeway:default:${last.id}`)).toBe(1)
})

test('a logout that was not confirmed is confirmed when it is repeated, and not before the replica has it', async () => {
  const { primary, replica, store } = await opened(TIMEOUT_MS)
  const key = `leeway:default:${unowned.id}`
  await store.create(unowned)
  await replica.pause()
  for (let round = 0; round < 2; round++) {
    expect((await failureOf(store.destroy(unowned.id))).error.code).toBe('ERR_NOT_REPLICATED')
    expect(await store.load(unowned.id)).toBe(undefined)
  }
  // A connection that has written nothing has nothing to wait for, unless the repeated logout counts as a write.
  await primary.command('CLIENT', 'KILL', 'TYPE', 'normal')
  expect((await failureOf(store.destroy(unowned.id))).error.code).toBe('ERR_NOT_REPLICATED')
  replica.resume()
  await until('it is confirmed', async () => {
    const outcome = await outcomeOf(store.destroy(unowned.id))
    return 'value' in outcome && outcome.value === 'gone'
  })
  expect(await replica.command('EXISTS', key)).toBe(0)
})

test('more replicas than there are confirm nothing, and any deadline can be divided', async () => {
  const { store } = await opened(1_200.5, 2)
  const { error, ms } = await failureOf(store.create(unowned))
  expect([error.code, error.message]).toEqual(['ERR_NOT_REPLICATED', expect.stringContaining('1 of 2')])
  expect(ms).toBeLessThan(1_200 + LATE_MS)
})

test("close ends the store's own connection, and not the user's", async () => {
  const { client, store, connections } = await opened(5_000)
  await store.create(session)
  // The user's, the store's and the one that asks.
  expect(await connections()).toBe(3)
  await store.close()
  await until('one has gone', async () => (await connections()) === 2)
  expect(client.status).toBe('ready')
  expect(await client.ping()).toBe('PONG')
})
