import type { StandardSchemaV1 } from '@standard-schema/spec'
import { assertKnownOptions } from './adapter/checks.ts'
import { type Clock, forwardOnly, type Millis, systemClock } from './clock.ts'
import { assertCodec, type Codec, jsonCodec } from './data/codec.ts'
import type { OnConflict } from './data/merge.ts'
import { isDataVersion } from './envelope.ts'
import { LeewayError } from './errors.ts'
import type { SessionStore } from './store.ts'
import { assertSpan } from './timeouts.ts'

/** What both layers, records and sessions, are configured with. Spans are milliseconds. */
export interface RecordsOptions<Data extends object = object> {
  /** Where sessions live. `close()` closes it. */
  readonly store: SessionStore
  /** How long a session lives without use. Default 30 minutes. */
  readonly idleTimeoutMs?: Millis
  /** How long a session lives at most, from its creation or last login. Default 12 hours. */
  readonly absoluteTimeoutMs?: Millis
  /** For how long after its expiry a session is kept for requests that loaded it before. Longer than the longest request plus twice the clock skew between machines. Default 240,000. */
  readonly graceMs?: Millis
  /** A session that is only read is extended at most this often. Default: 60,000, or a tenth of `idleTimeoutMs` if that is less. */
  readonly touchIntervalMs?: Millis
  /** How long a write keeps trying against other writers. Default 5,000. */
  readonly updateTimeoutMs?: Millis
  /** What to do with a key that two requests changed differently. Default: the later save rejects with `ERR_CONFLICT`. */
  readonly onConflict?: OnConflict
  /** How data becomes text. Default JSON, which refuses what it could not give back. */
  readonly codec?: Codec
  /** Any Standard Schema (zod, valibot, arktype), synchronous: checks data when it is loaded and before it is written, and adds defaults. Default: none. */
  readonly schema?: StandardSchemaV1<unknown, Data>
  /** Which shape the data has, counted from 1. Raised with `migrate` where the shape changes. Default 1. */
  readonly dataVersion?: number
  /** Makes data of an earlier `dataVersion` into data of this one, whenever it is loaded. Pure and synchronous. Where it throws, the session counts as undecodable. */
  readonly migrate?: (old: Record<string, unknown>, fromVersion: number) => NoInfer<Data>
  /** The probability, from 0 to 1, that opening a session also starts a sweep, for processes too short-lived for `startSweeper`. Default 0. */
  readonly sweepChance?: number
  /** Where the time comes from. Default: the system's clock. */
  readonly clock?: Clock
}

export interface ResolvedOptions extends Required<Omit<RecordsOptions, 'onConflict' | 'schema' | 'migrate'>> {
  readonly onConflict: OnConflict | undefined
  readonly schema: RecordsOptions['schema'] | undefined
  readonly migrate: RecordsOptions['migrate'] | undefined
  /** The clock, never running backwards. */
  readonly now: () => Millis
}

const MINUTE = 60_000

const NAMES = [
  'store',
  'idleTimeoutMs',
  'absoluteTimeoutMs',
  'graceMs',
  'touchIntervalMs',
  'updateTimeoutMs',
  'onConflict',
  'codec',
  'schema',
  'dataVersion',
  'migrate',
  'sweepChance',
  'clock',
] as const satisfies readonly (keyof RecordsOptions)[]

/** Validates and copies the options, once. `others` are names that the layer above takes. @throws `ERR_INVALID_OPTION` */
export function resolveOptions(options: RecordsOptions, others: readonly string[] = []): ResolvedOptions {
  assertKnownOptions(options, [...NAMES, ...others], 'open')
  const {
    store,
    idleTimeoutMs = 30 * MINUTE,
    absoluteTimeoutMs = 12 * 60 * MINUTE,
    graceMs = 4 * MINUTE,
    updateTimeoutMs = 5_000,
    onConflict,
    codec = jsonCodec,
    schema,
    dataVersion = 1,
    migrate,
    sweepChance = 0,
    clock = systemClock,
  } = options
  if (typeof store !== 'object' || store === null || typeof store.load !== 'function')
    invalid('store', 'a session store')
  assertSpan(idleTimeoutMs, 'idleTimeoutMs')
  const { touchIntervalMs = Math.min(MINUTE, Math.max(1, Math.floor(idleTimeoutMs / 10))) } = options
  assertSpan(absoluteTimeoutMs, 'absoluteTimeoutMs')
  assertSpan(graceMs, 'graceMs')
  assertSpan(touchIntervalMs, 'touchIntervalMs')
  assertSpan(updateTimeoutMs, 'updateTimeoutMs')
  if (touchIntervalMs > idleTimeoutMs) invalid('touchIntervalMs', 'at most idleTimeoutMs')
  if (onConflict !== undefined && onConflict !== 'overwrite' && typeof onConflict !== 'function') {
    invalid('onConflict', "a function or 'overwrite'")
  }
  assertCodec(codec)
  if (schema !== undefined && typeof schema?.['~standard']?.validate !== 'function')
    invalid('schema', 'a Standard Schema')
  if (!isDataVersion(dataVersion)) invalid('dataVersion', 'a whole number from 1')
  if (migrate !== undefined && typeof migrate !== 'function') invalid('migrate', 'a function')
  if (dataVersion > 1 !== (migrate !== undefined))
    invalid('migrate', 'given where dataVersion is above 1, and only there')
  if (typeof sweepChance !== 'number' || !(sweepChance >= 0 && sweepChance <= 1))
    invalid('sweepChance', 'a number from 0 to 1')
  if (
    typeof clock?.now !== 'function' ||
    typeof clock.monotonic !== 'function' ||
    typeof clock.setTimer !== 'function'
  ) {
    invalid('clock', 'an object with now, monotonic and setTimer')
  }
  return {
    store,
    idleTimeoutMs,
    absoluteTimeoutMs,
    graceMs,
    touchIntervalMs,
    updateTimeoutMs,
    onConflict,
    codec,
    schema,
    dataVersion,
    migrate,
    sweepChance,
    clock,
    now: forwardOnly(clock),
  }
}

export function invalid(name: string, expected: string): never {
  throw new LeewayError('ERR_INVALID_OPTION', `${name} must be ${expected}`)
}
