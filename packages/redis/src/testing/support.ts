import { inspect } from 'node:util'
import { isLeewayError, type LeewayError, type SessionStore, type StoredSession } from '@leeway/core/adapter'
import { type RedisServer, type ServerOptions, startRedis } from '@leeway/testing'
import { record } from '@leeway/testing/records'
import { Redis, type RedisOptions } from 'ioredis'
import { afterAll, expect, onTestFinished } from 'vitest'
import { type RedisStoreOptions, redisStore } from '../index.ts'

/** In every payload under test: no error may show it. */
export const HUSH = 'hush-hush'

/** A server of the test's own. */
export async function serverOf(options: ServerOptions = {}): Promise<RedisServer> {
  const server = await startRedis(options)
  onTestFinished(() => server.stop())
  return server
}

/** A server that the tests of a file share, and a client of it. */
export async function sharedServer(): Promise<{ readonly server: RedisServer; readonly client: Redis }> {
  const server = await startRedis()
  const client = new Redis(server.port)
  client.on('error', () => {})
  afterAll(async () => {
    client.disconnect()
    await server.stop()
  })
  return { server, client }
}

/** A client of the test's own, which reconnects at once and gives up on nothing: the store's deadline has to. */
export function clientOf(
  server: { host: string; port: number },
  options: Omit<RedisOptions, 'replyMapping'> = {},
): Redis {
  const { host, port } = server
  const client = new Redis({ host, port, retryStrategy: () => 20, maxRetriesPerRequest: null, ...options })
  client.on('error', () => {})
  onTestFinished(() => client.disconnect())
  return client
}

/** A store on a client of its own. */
export function storeOf(
  server: { host: string; port: number },
  options: Partial<RedisStoreOptions> = {},
): SessionStore {
  return redisStore({ client: clientOf(server), ...options })
}

/** A session that lives for a minute, with a payload that must not be told. */
export function live(name: string | number, fields: Partial<StoredSession> = {}): StoredSession {
  const expiresAt = Date.now() + 50_000
  return record(name, { payload: `{"token":"${HUSH}"}`, expiresAt, purgeAt: expiresAt + 10_000, ...fields })
}

export interface Failure {
  readonly error: LeewayError
  /** From the call to the rejection. */
  readonly ms: number
}

/** How a call ends. Fails itself where an error says too little or too much. */
export async function outcomeOf<T>(call: Promise<T>): Promise<{ readonly value: T } | Failure> {
  const startedAt = performance.now()
  try {
    return { value: await call }
  } catch (error) {
    const ms = performance.now() - startedAt
    if (!isLeewayError(error)) throw error
    expectDiscreet(error)
    return { error, ms }
  }
}

/** How a call fails. Fails itself where it does not. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const outcome = await outcomeOf(call)
  if ('error' in outcome) return outcome
  throw new Error(`the call was answered: ${inspect(outcome.value)}`)
}

/** An error says what was done, and neither a payload nor a whole id, wherever one looks. */
export function expectDiscreet(error: LeewayError): void {
  expect(error.operation).toMatch(/^(create|load|update|touch|destroy|list)$/)
  const everything = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })
  expect(everything).not.toContain(HUSH)
  expect(everything).not.toMatch(/(?<![a-z0-9])[a-z0-9]{26}(?![a-z0-9])/)
}
