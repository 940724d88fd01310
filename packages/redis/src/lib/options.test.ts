import { isLeewayError } from '@leeway/core/adapter'
import { Cluster, Redis } from 'ioredis'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import type { RedisClient } from './client.ts'
import { type RedisStoreOptions, resolveOptions } from './options.ts'
import { redisStore } from './redis-store.ts'

const client = new Redis({ lazyConnect: true })

function refusal(options: unknown): { name: string | undefined; message: string } {
  try {
    redisStore(options as RedisStoreOptions)
  } catch (error) {
    if (!isLeewayError(error)) throw error
    expect([error.code, error.operation]).toEqual(['ERR_INVALID_OPTION', 'open'])
    return { name: /^(\w+) must be /.exec(error.message)?.[1], message: error.message }
  }
  throw new Error('the options were taken')
}

test('the defaults are the documented ones', () => {
  const { client: given, clock, ...rest } = resolveOptions({ client })
  expect(given).toBe(client)
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000)
  expect(rest).toEqual({
    prefix: 'leeway:',
    namespace: 'default',
    commandTimeoutMs: 2_000,
    replicas: 0,
    maxPayloadBytes: 1_048_576,
  })
})

test('an option that is undefined is one that was not given', () => {
  const nothing = { prefix: undefined, namespace: undefined, commandTimeoutMs: undefined, replicas: undefined }
  const given = resolveOptions({ client, ...nothing, maxPayloadBytes: undefined, clock: undefined })
  expect(given).toEqual({ ...resolveOptions({ client }), clock: given.clock })
})

test.each<[name: string, values: unknown[]]>([
  ['prefix', [null, 7, ['a'], 'x'.repeat(129), 'a\ud800']],
  ['namespace', [null, '', 'Capital', 'a:b', 'x'.repeat(65)]],
  ['commandTimeoutMs', [null, 0, 0.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '100', 100n]],
  ['replicas', [null, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1', true]],
  ['maxPayloadBytes', [null, 0, -1, 1.5, Number.NaN, '1']],
  ['clock', [null, {}, { now: 7 }, () => 0]],
  ['client', [undefined, null, 'redis://127.0.0.1', 7, {}, [], new Date()]],
])('a wrong %s is refused by its name', (name, values) => {
  for (const value of values) expect(refusal({ client, [name]: value }).name).toBe(name)
})

test.each([[undefined], [null], ['client'], [7]])('%j is refused as options', (options) => {
  expect(refusal(options).name).toBe('options')
})

test('an option that does not exist is refused by its name', () => {
  expect(refusal({ client, ttl: 60 }).message).toContain('ttl')
})

test('the limits themselves are taken', () => {
  for (const commandTimeoutMs of [1, 1.5, 2 ** 31 - 1])
    expect(() => redisStore({ client, commandTimeoutMs })).not.toThrow()
  for (const prefix of ['', 'x'.repeat(128), '\u{1F600}']) expect(() => redisStore({ client, prefix })).not.toThrow()
})

describe('a client', () => {
  function clusterWith(options: ConstructorParameters<typeof Cluster>[1]): Cluster {
    const cluster = new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true, ...options })
    onTestFinished(() => cluster.disconnect())
    return cluster
  }

  it('with a keyPrefix is refused, and the message says what to use', () => {
    const refused = [
      new Redis({ lazyConnect: true, keyPrefix: 'x:' }),
      clusterWith({ keyPrefix: 'x:' }),
      clusterWith({ redisOptions: { keyPrefix: 'x:' } }),
    ]
    for (const one of refused) {
      const { name, message } = refusal({ client: one })
      expect(name).toBe('client')
      expect(message).toMatch(/keyPrefix.*prefix option/)
    }
    expect(() => redisStore({ client: new Redis({ lazyConnect: true, keyPrefix: '' }) })).not.toThrow()
  })

  it('that reads from replicas is refused, and the message says why', () => {
    const sentinels = [{ host: '127.0.0.1', port: 1 }]
    const refused = [
      new Redis({ lazyConnect: true, sentinels, name: 'leeway', role: 'slave' }),
      clusterWith({ scaleReads: 'slave' }),
      clusterWith({ scaleReads: 'all' }),
      clusterWith({ scaleReads: () => [] }),
    ]
    for (const one of refused) {
      const { name, message } = refusal({ client: one })
      expect(name).toBe('client')
      expect(message).toContain('primaries')
    }
    expect(() => redisStore({ client: clusterWith({ scaleReads: 'master' }) })).not.toThrow()
  })

  it('of another library is refused by the method that it lacks', () => {
    const answer = async () => null
    const likeNodeRedis = { get: answer, getRange: answer, del: answer, evalSha: answer, eval: answer }
    expect(refusal({ client: likeNodeRedis })).toEqual({
      name: 'client',
      message: expect.stringContaining('getrange()'),
    })
    const almost = { ...likeNodeRedis, getrange: answer }
    expect(refusal({ client: almost })).toEqual({ name: 'client', message: expect.stringContaining('evalsha()') })
  })

  it('that cannot be duplicated will do unless replicas are waited for', () => {
    const plain: RedisClient = {
      get: async () => null,
      getrange: async () => '',
      del: async () => 0,
      evalsha: async () => null,
      eval: async () => null,
    }
    expect(() => redisStore({ client: plain })).not.toThrow()
    expect(refusal({ client: plain, replicas: 1 }).name).toBe('client')
    expect(refusal({ client: plain, replicas: 1 }).message).toMatch(/duplicate.*replicas/)
  })
})
