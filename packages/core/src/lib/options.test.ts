import { describe, expect, it } from 'vitest'
import { type Codec, jsonCodec } from './data/codec.ts'
import { manualClock } from './manual-clock.ts'
import { memoryStore } from './memory-store.ts'
import { type RecordsOptions, resolveOptions } from './options.ts'
import { createRecords } from './records/records.ts'
import { createSessions } from './sessions/sessions.ts'
import type { SessionsOptions } from './sessions/sessions-api.ts'
import { thrownBy } from './testing-errors.ts'

const store = memoryStore()
const CENTURY = 100 * 366 * 24 * 60 * 60 * 1000
const notSpans = [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, CENTURY + 1, '1000', null, 10n]

type Loose = { [Key in keyof SessionsOptions<object>]: unknown }
const wrong: [name: string, values: unknown[]][] = [
  ['store', [undefined, null, 'memory', {}, { load: 1 }]],
  ['idleTimeoutMs', notSpans],
  ['absoluteTimeoutMs', notSpans],
  ['graceMs', notSpans],
  ['touchIntervalMs', notSpans],
  ['updateTimeoutMs', notSpans],
  ['onConflict', ['merge', null, {}, true]],
  ['codec', [null, {}, { encode: jsonCodec.encode }, { decode: jsonCodec.decode }, 'json']],
  [
    'codec',
    [
      { ...jsonCodec, seal: () => '' },
      { ...jsonCodec, unseal: () => '' },
      { ...jsonCodec, seal: 1, unseal: 1 },
    ],
  ],
  ['schema', [null, {}, 'zod', { '~standard': {} }, { '~standard': null }, () => true]],
  ['dataVersion', [0, -1, 1.5, Number.NaN, '2', null, 2 ** 53]],
  ['migrate', [null, {}, 'x', () => ({})]],
  ['sweepChance', [-0.1, 1.1, Number.NaN, '1', null]],
  ['clock', [null, {}, Date, { now: Date.now }, { now: Date.now, monotonic: Date.now }]],
]

const creators: ((options: RecordsOptions) => unknown)[] = [createSessions, createRecords, resolveOptions]

describe.each(wrong)('%s', (name, values) => {
  it.each(values)('is refused as %s', (value) => {
    const options = { store, [name]: value } as Loose as RecordsOptions
    for (const create of creators) {
      const error = thrownBy(() => create(options))
      expect(error.code).toBe('ERR_INVALID_OPTION')
      expect(error.message).toContain(name)
    }
  })
})

it.each([-1, 0.5, Number.NaN, CENTURY + 1, '0', null])('overlapMs is refused as %s', (overlapMs) => {
  const options = { store, overlapMs } as Loose as SessionsOptions<object>
  expect(thrownBy(() => createSessions(options)).code).toBe('ERR_INVALID_OPTION')
})

it.each([...notSpans, 60_001])('firstIdleTimeoutMs is refused as %s', (firstIdleTimeoutMs) => {
  const options = { store, idleTimeoutMs: 60_000, firstIdleTimeoutMs } as Loose as SessionsOptions<object>
  const error = thrownBy(() => createSessions(options))
  expect(error.code).toBe('ERR_INVALID_OPTION')
  expect(error.message).toContain('firstIdleTimeoutMs')
})

it('firstIdleTimeoutMs may be all of idleTimeoutMs', () => {
  expect(() => createSessions({ store, idleTimeoutMs: 60_000, firstIdleTimeoutMs: 60_000 })).not.toThrow()
})

it('overlapMs may be 0', () => {
  expect(() => createSessions({ store, overlapMs: 0 })).not.toThrow()
})

it.each([null, {}, 'x'])('initialData is refused as %j', (initialData) => {
  const options = { store, initialData } as Loose as SessionsOptions<object>
  expect(thrownBy(() => createSessions(options)).code).toBe('ERR_INVALID_OPTION')
})

it('a data version above 1 without a migration is refused', () => {
  expect(thrownBy(() => resolveOptions({ store, dataVersion: 2 })).message).toContain('migrate')
  expect(() => resolveOptions({ store, dataVersion: 2, migrate: () => ({}) })).not.toThrow()
})

it('a touch interval longer than the idle timeout is refused', () => {
  expect(() => resolveOptions({ store, idleTimeoutMs: 1000, touchIntervalMs: 1000 })).not.toThrow()
  expect(thrownBy(() => resolveOptions({ store, idleTimeoutMs: 1000, touchIntervalMs: 1001 })).code).toBe(
    'ERR_INVALID_OPTION',
  )
})

it('the defaults are those of the documentation', () => {
  expect(resolveOptions({ store })).toMatchObject({
    idleTimeoutMs: 30 * 60_000,
    absoluteTimeoutMs: 12 * 60 * 60_000,
    graceMs: 240_000,
    touchIntervalMs: 60_000,
    updateTimeoutMs: 5_000,
    onConflict: undefined,
    codec: jsonCodec,
    schema: undefined,
    dataVersion: 1,
    migrate: undefined,
    sweepChance: 0,
  })
})

it.each([
  [1, 1],
  [9, 1],
  [100, 10],
  [599_999, 59_999],
  [600_000, 60_000],
  [CENTURY, 60_000],
])('with an idle timeout of %i ms the touch interval is %i ms', (idleTimeoutMs, touchIntervalMs) => {
  expect(resolveOptions({ store, idleTimeoutMs }).touchIntervalMs).toBe(touchIntervalMs)
})

it('the options are copied once: what changes later changes nothing', () => {
  const clock = manualClock(0)
  const options: { -readonly [Key in keyof RecordsOptions]: RecordsOptions[Key] } = { store, clock, graceMs: 5 }
  const resolved = resolveOptions(options)
  options.graceMs = 9
  options.codec = {} as Codec
  expect(resolved).toMatchObject({ graceMs: 5, codec: jsonCodec })
})
