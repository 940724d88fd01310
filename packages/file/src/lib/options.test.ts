import nodeFs from 'node:fs'
import { isAbsolute } from 'node:path'
import { DEFAULT_MAX_PAYLOAD_BYTES } from '@leeway/core/adapter'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../testing/support.ts'
import { fileStore } from './file-store.ts'
import { type FileStoreOptions, resolveOptions } from './options.ts'

test('the defaults are the documented ones', () => {
  const { directory, fs, ...rest } = resolveOptions({ directory: 'sessions' })
  expect(isAbsolute(directory)).toBe(true)
  expect(fs.rename).toBe(nodeFs.rename)
  expect(rest).toEqual({
    namespace: 'default',
    durability: 'process-crash',
    maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES,
  })
})

test.each([
  [undefined],
  [null],
  ['sessions'],
  [{}],
  [{ directory: '' }],
  [{ directory: 7 }],
  [{ directory: 'a\0b' }],
  [{ directory: 'x', namespace: '' }],
  [{ directory: 'x', namespace: '..' }],
  [{ directory: 'x', namespace: 'a/b' }],
  [{ directory: 'x', namespace: 'Capital' }],
  [{ directory: 'x', namespace: 'x'.repeat(65) }],
  [{ directory: 'x', durability: 'none' }],
  [{ directory: 'x', maxPayloadBytes: 0 }],
  [{ directory: 'x', maxPayloadBytes: 1.5 }],
  [{ directory: 'x', maxPayloadBytes: '5' }],
  [{ directory: 'x', fs: null }],
  [{ directory: 'x', fs: {} }],
])('%j is refused', (options) => {
  expect(() => fileStore(options as unknown as FileStoreOptions)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION', operation: 'open' }),
  )
})

test.each([
  [{ directory: 'x', path: 'y' }, 'unknown option path'],
  [{ directory: 'x', dir: 'y' }, 'did you mean directory?'],
  [{ directory: 'x', mode: 0o700 }, 'unknown option mode'],
])('%j has an option that there is not, and the message says so', (options, message) => {
  expect(() => fileStore(options)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(message) }),
  )
})

test('options that are undefined are the defaults, and the store says what it does', async () => {
  const given = { namespace: undefined, durability: undefined, maxPayloadBytes: undefined, fs: undefined }
  const store = fileStore({ directory: temporaryDirectory(), ...given })
  expect(store.capabilities).toEqual({
    survives: 'process-crash',
    sharedBy: 'host',
    purge: 'sweep',
    list: true,
    failover: 'none',
    maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES,
  })
  await store.close()
})
