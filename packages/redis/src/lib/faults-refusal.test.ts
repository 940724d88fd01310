import { startReplicated, until } from '@leeway/testing'
import { version } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import { redisStore } from '../index.ts'
import { callsOn } from '../testing/calls-of.ts'
import { clientOf, failureOf, live, outcomeOf, serverOf } from '../testing/support.ts'

const TIMEOUT_MS = 300
const LATE_MS = 1_000
const session = live('x', { owner: 'alice' })

test('a server that is not there fails every call in time, and is used once it comes', async () => {
  const server = await serverOf()
  await server.kill()
  const store = redisStore({ client: clientOf(server), commandTimeoutMs: TIMEOUT_MS })
  const calls = Object.values(callsOn(store, session)).map((call) => failureOf(call()))
  for (const { error, ms } of await Promise.all(calls)) {
    expect(error.code).toBe('ERR_STORE_TIMEOUT')
    expect(error.message).toMatch(/within 300 ms \(the connection is (re)?connecting\)/)
    expect(ms).toBeLessThan(TIMEOUT_MS + LATE_MS)
  }
  await server.start()
  await until('it answers', async () => 'value' in (await outcomeOf(store.load(session.id))))
  expect(['created', 'exists']).toContain(await store.create(session))
})

test('a client that gives up earlier than the store fails with a code as well, and comes back', async () => {
  const server = await serverOf()
  await server.kill()
  const store = redisStore({ client: clientOf(server, { maxRetriesPerRequest: 1 }), commandTimeoutMs: 10_000 })
  for (const call of Object.values(callsOn(store, session))) {
    const { error, ms } = await failureOf(call())
    expect(error.code).toBe('ERR_STORE_FAILED')
    expect(ms).toBeLessThan(5_000)
  }
  await server.start()
  await until('it answers', async () => 'value' in (await outcomeOf(store.load(session.id))))
})

test("a client's own commandTimeout is a timeout too", async () => {
  const server = await serverOf()
  const store = redisStore({ client: clientOf(server, { commandTimeout: 100 }) })
  await store.create(session)
  await server.pause()
  for (const name of ['load', 'update', 'destroy']) {
    const { error } = await failureOf(Promise.resolve(callsOn(store, session)[name]?.()))
    expect([error.code, error.operation]).toEqual(['ERR_STORE_TIMEOUT', name])
    expect(error.message).toContain("the client's commandTimeout")
  }
})

test('a client without a queue for what cannot be sent fails at once while it is not connected', async () => {
  const server = await serverOf()
  const store = redisStore({ client: clientOf(server, { enableOfflineQueue: false }), commandTimeoutMs: 10_000 })
  for (const call of Object.values(callsOn(store, session))) {
    const { error, ms } = await failureOf(call())
    expect(error.code).toBe('ERR_STORE_FAILED')
    expect(ms).toBeLessThan(LATE_MS)
  }
  await until('it is connected', async () => 'value' in (await outcomeOf(store.load(session.id))))
  expect(await store.create(session)).toBe('created')
})

test('a client that has ended fails every call, and says so', async () => {
  const server = await serverOf()
  const client = clientOf(server)
  const store = redisStore({ client })
  await store.create(session)
  client.disconnect()
  for (const call of Object.values(callsOn(store, session))) {
    const { error } = await failureOf(call())
    expect([error.code, error.message]).toEqual(['ERR_STORE_FAILED', 'Redis: Connection is closed.'])
  }
})

test('a wrong password, or none, fails every call, and the password is not told', async () => {
  const server = await serverOf()
  await server.command('CONFIG', 'SET', 'requirepass', 'right')
  for (const password of ['wrong-password', undefined]) {
    const client = clientOf(server, { ...(password && { password }) })
    const store = redisStore({ client, commandTimeoutMs: TIMEOUT_MS })
    const failures = Object.values(callsOn(store, session)).map((call) => failureOf(call()))
    for (const { error, ms } of await Promise.all(failures)) {
      expect(['ERR_STORE_FAILED', 'ERR_STORE_TIMEOUT']).toContain(error.code)
      expect(`${error.message} ${error.cause}`).not.toContain('wrong-password')
      expect(ms).toBeLessThan(TIMEOUT_MS + LATE_MS)
    }
  }
  const store = redisStore({ client: clientOf(server, { password: 'right' }) })
  expect(await store.create(session)).toBe('created')
})

test('a user without INFO and SCRIPT can do everything but list all, which says what is missing', async () => {
  const server = await serverOf()
  await server.command('ACL', 'SETUSER', 'app', 'on', '>pass', '~leeway:*', '+@all', '-info', '-script', '-cluster')
  const store = redisStore({ client: clientOf(server, { username: 'app', password: 'pass', enableReadyCheck: false }) })
  expect(await store.create(session)).toBe('created')
  expect(await store.load(session.id)).toEqual(session)
  expect(await store.update({ ...session, version: version(2) }, session.version)).toBe('saved')
  expect(await store.touch({ ...session, version: version(2) }, session)).toBe('touched')
  expect((await store.list?.({ owner: 'alice', limit: 5 }))?.sessions).toHaveLength(1)
  const { error } = await failureOf(Promise.resolve(store.list?.({ limit: 5 })))
  expect([error.code, error.operation]).toEqual(['ERR_STORE_FAILED', 'list'])
  expect(error.message).toMatch(/NOPERM.*info/)
  expect(await store.destroy(session.id)).toBe('destroyed')
})

test('a user who may not write, and a key that nobody may read, are told of by a code', async () => {
  const server = await serverOf()
  await server.command('ACL', 'SETUSER', 'reader', 'on', '>pass', '~leeway:*', '+@read')
  const store = redisStore({
    client: clientOf(server, { username: 'reader', password: 'pass', enableReadyCheck: false }),
  })
  for (const name of ['create', 'update', 'touch', 'destroy']) {
    const { error } = await failureOf(Promise.resolve(callsOn(store, session)[name]?.()))
    expect([error.code, error.operation]).toEqual(['ERR_STORE_FAILED', name])
    expect(error.message).toContain('NOPERM')
  }
  const elsewhere = redisStore({
    client: clientOf(server, { username: 'reader', password: 'pass', enableReadyCheck: false }),
    prefix: 'x:',
  })
  expect((await failureOf(elsewhere.load(session.id))).error.message).toContain('NOPERM')
})

test('a server without a command that is needed does not make errors quote what was sent', async () => {
  for (const command of ['GET', 'EVALSHA', 'DEL', 'GETRANGE']) {
    const server = await serverOf({ args: ['--rename-command', command, ''] })
    const store = redisStore({ client: clientOf(server), prefix: '', namespace: 'a' })
    const unowned = { ...session, owner: null }
    const outcomes = await Promise.all(Object.values(callsOn(store, unowned)).map((call) => outcomeOf(call())))
    const messages = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error.message] : []))
    expect(messages.length).toBeGreaterThan(0)
    for (const message of messages) {
      expect(message).toMatch(/unknown (redis )?command/i)
      expect(message).not.toContain(session.id.slice(0, 10))
    }
  }
})

test("a replica as the client's server is read, and fails writes with advice", async () => {
  await using servers = await startReplicated({ sentinels: 0 })
  const [replica] = servers.replicas
  if (!replica) throw new Error('there is one')
  await redisStore({ client: clientOf(servers.primary) }).create(session)
  const store = redisStore({ client: clientOf(replica) })
  await until('it has the session', async () => (await store.load(session.id)) !== undefined)
  const calls = callsOn(store, session)
  for (const name of ['create', 'update', 'touch', 'destroy']) {
    const { error } = await failureOf(Promise.resolve(calls[name]?.()))
    expect([error.code, error.operation]).toEqual(['ERR_STORE_FAILED', name])
    expect(error.message).toContain('(the client is connected to a replica)')
  }
  expect(await store.load(session.id)).toEqual(session)
})
