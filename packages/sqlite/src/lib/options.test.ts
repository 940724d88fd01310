import { isAbsolute } from 'node:path'
import { DEFAULT_MAX_PAYLOAD_BYTES } from '@leeway/core/adapter'
import { expect, test } from 'vitest'
import { resolveOptions, type SqliteStoreOptions } from './options.ts'
import { sqliteStore } from './sqlite-store.ts'

test('the defaults are the documented ones', () => {
  const { path, ...rest } = resolveOptions({ path: 'sessions.db' })
  expect(isAbsolute(path)).toBe(true)
  expect(rest).toEqual({
    namespace: 'default',
    durability: 'process-crash',
    busyTimeoutMs: 5000,
    maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES,
  })
})

test.each([
  [undefined],
  [null],
  [{}],
  [{ path: '' }],
  [{ path: 7 }],
  [{ path: 'a\0b' }],
  [{ path: 'sessions.db ' }],
  [{ path: 'x', namespace: '' }],
  [{ path: 'x', namespace: 'Capital' }],
  [{ path: 'x', namespace: 'a"b' }],
  [{ path: 'x', namespace: 'a:b' }],
  [{ path: 'x', durability: 'none' }],
  [{ path: 'x', busyTimeoutMs: -1 }],
  [{ path: 'x', busyTimeoutMs: Number.NaN }],
  [{ path: 'x', busyTimeoutMs: '5' }],
  [{ path: 'x', maxPayloadBytes: 0 }],
  [{ path: 'x', maxPayloadBytes: 1.5 }],
])('%j is refused', (options) => {
  expect(() => sqliteStore(options as unknown as SqliteStoreOptions)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION', operation: 'open' }),
  )
})

test.each([[''], [':memory:'], ['file:sessions.db'], ['FILE:x?mode=memory']])(
  'the path %j is refused, and the message says what to use',
  (path) => {
    expect(() => sqliteStore({ path })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(/memoryStore|os\.tmpdir/) }),
    )
  },
)
