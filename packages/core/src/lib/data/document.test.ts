import { describe, expect, it } from 'vitest'
import { thrownBy } from '../testing-errors.ts'
import { jsonCodec } from './codec.ts'
import { changedKeys, decodeDocument, encodeDocument, encodedKeys, withKeysFrom } from './document.ts'

describe('session data', () => {
  it.each([
    ['null', null],
    ['undefined', undefined],
    ['an array', []],
    ['a text', 'x'],
    ['a number', 1],
  ])('is a plain object, not %s', (_kind, data) => {
    const error = thrownBy(() => encodeDocument(jsonCodec, data))
    expect([error.code, error.path]).toEqual(['ERR_NOT_SERIALIZABLE', 'data'])
  })

  it.each(['null', '[]', '1', '"x"', '', '{', '{}x'])('is not read from stored text %j', (text) => {
    const error = thrownBy(() => decodeDocument(jsonCodec, text))
    expect([error.code, error.operation]).toEqual(['ERR_INVALID_RECORD', 'load'])
  })
})

it('session data is read as it was written', () => {
  const data = { n: 1, list: [{ a: null }], '': 'x' }
  expect(decodeDocument(jsonCodec, encodeDocument(jsonCodec, data))).toEqual(data)
  expect(encodeDocument(jsonCodec, {})).toBe('{}')
})

it('keys that were added, changed or deleted are changed; undefined is absent', () => {
  const before = encodedKeys(jsonCodec, { same: [1], changed: 1, deleted: 1, undefined: 1, never: undefined })
  const after = encodedKeys(jsonCodec, { same: [1], changed: 2, undefined: undefined, added: null })
  expect([...changedKeys(before, after)].sort()).toEqual(['added', 'changed', 'deleted', 'undefined'])
})

it('keys are taken from another document, absence included, and nothing from its prototype', () => {
  const document = { a: 1, b: 1, c: 1, toString: 'own' }
  const other: Record<string, unknown> = { a: 2, b: undefined }
  const keys = ['a', 'b', 'c', 'toString', 'valueOf']
  expect(withKeysFrom(document, keys, other)).toEqual({ a: 2 })
  expect(document).toEqual({ a: 1, b: 1, c: 1, toString: 'own' })
})
