import { until } from '@leeway/testing'
import { version } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import { redisStore } from '../index.ts'
import { callsOn } from '../testing/calls-of.ts'
import { clientOf, failureOf, live, outcomeOf, serverOf } from '../testing/support.ts'

const TIMEOUT_MS = 200
const LATE_MS = 1_000

async function opened(args: string[] = []) {
  const server = await serverOf({ args })
  const store = redisStore({ client: clientOf(server), commandTimeoutMs: TIMEOUT_MS })
  const session = live('x', { owner: 'alice' })
  await store.create(session)
  return { server, store, session, calls: callsOn(store, session) }
}

/** All at once, each of them late. */
async function expectTimeouts(calls: Record<string, () => Promise<unknown>>, names: readonly string[]): Promise<void> {
  const failures = names.map((name) => failureOf(Promise.resolve(calls[name]?.())))
  for (const { error, ms } of await Promise.all(failures)) {
    expect(error.code).toBe('ERR_STORE_TIMEOUT')
    expect(ms).toBeLessThan(TIMEOUT_MS + LATE_MS)
  }
}

const ALL = ['create', 'load', 'update', 'touch', 'list by owner', 'list']
const WRITES = ['create', 'update', 'touch']

test('a server that stands still makes every call late, and none an empty answer', async () => {
  const { server, store, session, calls } = await opened()
  await server.pause()
  await expectTimeouts(calls, [...ALL, 'destroy'])
  server.resume()
  await until('it answers', async () => 'value' in (await outcomeOf(store.load(session.id))))
})

test('a server that pauses its clients makes every call late', async () => {
  const { server, store, session, calls } = await opened()
  await server.command('CLIENT', 'PAUSE', 1_200, 'ALL')
  await expectTimeouts(calls, ALL)
  await until('the late update has come', async () => {
    const outcome = await outcomeOf(store.load(session.id))
    return 'value' in outcome && outcome.value?.version === version(2)
  })
})

test('a server that pauses writes makes writes late, and reads go on', async () => {
  const { server, store, session, calls } = await opened()
  await server.command('CLIENT', 'PAUSE', 60_000, 'WRITE')
  expect(await store.load(session.id)).toEqual(session)
  const other = redisStore({ client: clientOf(server), commandTimeoutMs: TIMEOUT_MS })
  await expectTimeouts(calls, WRITES)
  expect(await other.load(session.id)).toEqual(session)
  await server.command('CLIENT', 'UNPAUSE')
  const touch = () => store.touch({ ...session, version: version(2) }, session)
  await until('it writes', async () => 'value' in (await outcomeOf(touch())))
})

test('a server that is busy for longer than a call may take is waited for no longer', async () => {
  const { server, store, session, calls } = await opened(['--enable-debug-command', 'local'])
  const sleeping = server.command('DEBUG', 'SLEEP', 2)
  await until('it sleeps', async () => 'error' in (await outcomeOf(store.load(session.id))))
  await expectTimeouts(calls, ['load', 'list'])
  await sleeping
  expect(await store.load(session.id)).toEqual(session)
  expect(await store.destroy(session.id)).toBe('destroyed')
})

test('a late write may have been carried out, and its retry says so', async () => {
  const { server, store, session } = await opened()
  const next = { ...session, version: version(2), payload: 'late' }
  await server.pause()
  await failureOf(store.update(next, session.version))
  server.resume()
  await until('it has come', async () => {
    const outcome = await outcomeOf(store.load(session.id))
    return 'value' in outcome && outcome.value?.version === version(2)
  })
  expect(await store.update(next, session.version)).toBe('saved')
})
