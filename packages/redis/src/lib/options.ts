import {
  assertKnownOptions,
  assertMaxPayloadBytes,
  assertNamespace,
  type Clock,
  DEFAULT_MAX_PAYLOAD_BYTES,
  LeewayError,
} from '@leeway/core/adapter'
import type { RedisClient } from './client.ts'

export interface RedisStoreOptions {
  /**
   * An ioredis (5 or 6) or iovalkey client: `Redis`, also with Sentinels, or `Cluster`. It is yours: the store does not
   * close it. One with a `keyPrefix`, or one that reads from replicas, is refused.
   */
  readonly client: RedisClient
  /** What all keys begin with: up to 128 characters of well-formed Unicode. Default `leeway:`. */
  readonly prefix?: string | undefined
  /** Keeps the sessions of several applications apart: 1 to 64 characters of `[a-z0-9_-]`. Default `default`. */
  readonly namespace?: string | undefined
  /**
   * How many milliseconds a call may take, from when it is made, reconnecting included, before it rejects with
   * `ERR_STORE_TIMEOUT`; from 1 to 2,147,483,647. A write that came too late may still be carried out. Default 2000.
   */
  readonly commandTimeoutMs?: number | undefined
  /**
   * How many replicas must have a write before it counts as done (`WAIT`), from 0. A write that too few confirm within
   * a third of `commandTimeoutMs` rejects with `ERR_NOT_REPLICATED`. More than 0 opens a connection of the store's own.
   * Default 0.
   */
  readonly replicas?: number | undefined
  /** The longest payload, in bytes of UTF-8, at least 1. Default 1 MiB (1,048,576). */
  readonly maxPayloadBytes?: number | undefined
  /** Turns purge times into times to live; give the clock that core has. Default: the system's. */
  readonly clock?: Pick<Clock, 'now'> | undefined
}

export type ResolvedOptions = { readonly [Name in keyof RedisStoreOptions]-?: NonNullable<RedisStoreOptions[Name]> }

const METHODS = ['get', 'getrange', 'del', 'evalsha', 'eval'] as const
const NAMES = ['client', 'prefix', 'namespace', 'commandTimeoutMs', 'replicas', 'maxPayloadBytes', 'clock']
/** The longest time that a timer of Node can wait. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

export function resolveOptions(options: RedisStoreOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) invalid('options', 'an object with at least a client')
  const {
    client,
    prefix = 'leeway:',
    namespace = 'default',
    commandTimeoutMs = 2_000,
    replicas = 0,
    maxPayloadBytes = DEFAULT_MAX_PAYLOAD_BYTES,
    clock = { now: Date.now },
  } = options
  assertKnownOptions(options, NAMES, 'open')
  assertClient(client)
  if (typeof prefix !== 'string' || prefix.length > 128 || !prefix.isWellFormed()) {
    invalid('prefix', 'at most 128 characters of well-formed Unicode')
  }
  assertNamespace(namespace)
  if (!(Number.isFinite(commandTimeoutMs) && commandTimeoutMs >= 1 && commandTimeoutMs <= LONGEST_TIMEOUT_MS)) {
    invalid('commandTimeoutMs', `a number of milliseconds from 1 to ${LONGEST_TIMEOUT_MS}`)
  }
  if (!Number.isSafeInteger(replicas) || replicas < 0) invalid('replicas', 'a whole number from 0')
  if (replicas > 0 && !(client.duplicate && client.pipeline)) {
    invalid('client', 'one with duplicate() and pipeline() where replicas is above 0')
  }
  assertMaxPayloadBytes(maxPayloadBytes)
  if (typeof clock?.now !== 'function') invalid('clock', 'an object with a method now()')
  return { client, prefix, namespace, commandTimeoutMs, replicas, maxPayloadBytes, clock }
}

function assertClient(client: unknown): asserts client is RedisClient {
  if (typeof client !== 'object' || client === null) invalid('client', 'a client of ioredis or iovalkey')
  const settings = { ...(client as { options?: object }).options } as Record<string, unknown>
  const missing = METHODS.find((name) => typeof (client as Record<string, unknown>)[name] !== 'function')
  if (missing !== undefined) {
    // node-redis spells it evalSha.
    invalid('client', `a client of ioredis or iovalkey; this one has no ${missing}()`)
  }
  const inner = { ...(settings.redisOptions as object | undefined) } as Record<string, unknown>
  if (settings.keyPrefix || inner.keyPrefix) {
    invalid('client', "one without keyPrefix, which SCAN ignores; use the store's own prefix option")
  }
  const isReader = settings.role === 'slave' || settings.readOnly === true
  if (isReader || (settings.scaleReads ?? 'master') !== 'master') {
    invalid('client', 'one that reads from the primaries: a replica may not know yet that a session has ended')
  }
}

function invalid(name: string, expected: string): never {
  throw new LeewayError('ERR_INVALID_OPTION', `${name} must be ${expected}`, { operation: 'open' })
}
