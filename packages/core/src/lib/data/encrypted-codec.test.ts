import { createHash, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mintId } from '../ids.ts'
import { thrownBy } from '../testing-errors.ts'
import type { Codec } from './codec.ts'
import { jsonCodec } from './codec.ts'
import { encryptedCodec } from './encrypted-codec.ts'
import type { EncryptionKey } from './encryption-keys.ts'

const ID = mintId()
const key = randomBytes(32)
const other = randomBytes(32)
const TEXT = '{"email":"alice@example.com"}'

const codec = encryptedCodec({ keys: [key] })
const sealed = seal(codec, TEXT)

function seal(by: Codec, text: string, id = ID): string {
  if (!by.seal) throw new Error('it does not seal')
  return by.seal(text, id)
}

function unseal(by: Codec, text: string, id = ID): string {
  if (!by.unseal) throw new Error('it does not unseal')
  return by.unseal(text, id)
}

function isRefused(text: string, id = ID): void {
  const error = thrownBy(() => unseal(codec, text, id))
  expect([error.code, error.operation, error.cause]).toEqual(['ERR_INVALID_RECORD', 'load', undefined])
  expect(error.message).not.toContain('alice')
}

describe('encrypted text', () => {
  it('opens in its own record, whatever was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(unseal(codec, seal(codec, text))).toBe(text)
      }),
    )
  })

  it('shows nothing of what was written, nor that it was written before', () => {
    expect(sealed).not.toContain('alice')
    expect(Buffer.from(sealed.split('.').at(-1) ?? '', 'base64url').toString('latin1')).not.toContain('alice')
    expect(new Set(Array.from({ length: 100 }, () => seal(codec, TEXT))).size).toBe(100)
  })

  it('does not open in another record', () => {
    isRefused(sealed, mintId())
    isRefused(sealed, '')
  })

  it('does not open with any bit of it changed', () => {
    for (let i = 0; i < sealed.length; i++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = String.fromCharCode(sealed.charCodeAt(i) ^ (1 << bit))
        isRefused(sealed.slice(0, i) + changed + sealed.slice(i + 1))
      }
    }
  })

  it('does not open cut off anywhere, or with anything added', () => {
    for (let length = 0; length < sealed.length; length++) {
      isRefused(sealed.slice(0, length))
      isRefused(sealed.slice(sealed.length - length))
    }
    for (const more of ['A', '=', '==', ' ', '\n', '.', '.A', '\0']) isRefused(sealed + more)
  })

  it('does not open with a shorter tag than it was given', () => {
    const [algorithm, keyId, bytes = ''] = sealed.split('.')
    const whole = Buffer.from(bytes, 'base64url')
    for (let tag = 0; tag < 16; tag++) {
      isRefused(`${algorithm}.${keyId}.${whole.subarray(0, whole.length - 16 + tag).toString('base64url')}`)
    }
  })

  it('does not open with another key, nor under the name of another', () => {
    const both = encryptedCodec({ keys: [key, other] })
    const theirs = seal(encryptedCodec({ keys: [other] }), TEXT)
    isRefused(theirs)
    const renamed = [...theirs.split('.').slice(0, 1), sealed.split('.')[1], theirs.split('.')[2]].join('.')
    expect(thrownBy(() => unseal(both, renamed)).code).toBe('ERR_INVALID_RECORD')
    expect(unseal(both, theirs)).toBe(TEXT)
  })

  it.each([0, 1, 2, 3, 100, 1000])('of %i bytes is a third and at most 58 bytes longer', (length) => {
    const { length: grown } = seal(codec, 'x'.repeat(length))
    expect(grown).toBe(19 + Math.ceil(((length + 28) * 4) / 3))
    expect(grown).toBeLessThanOrEqual((length * 4) / 3 + 58)
  })

  it('is not made of text that is no Unicode, which would come back changed', () => {
    expect(thrownBy(() => seal(codec, 'a\ud800')).code).toBe('ERR_INVALID_PAYLOAD')
  })

  it('of an earlier release opens', () => {
    const fixed = encryptedCodec({ keys: [createHash('sha256').update('a key for this test').digest()] })
    const stored = 'aes256gcm.PW98sY7E.B8ryNxRnLY0DngPJZ1E8j1JJ8Zd-_pzV2cIM9hhdbpAnHnw'
    expect(unseal(fixed, stored, 'a'.repeat(26))).toBe('{"n":1}')
  })
})

describe('rotating keys', () => {
  const before = encryptedCodec({ keys: [other] })
  const announced = encryptedCodec({ keys: [other, key] })
  const after = encryptedCodec({ keys: [key, other] })

  it('the first key encrypts, and every key decrypts', () => {
    for (const writer of [before, announced, after, codec]) {
      for (const reader of [announced, after]) expect(unseal(reader, seal(writer, TEXT))).toBe(TEXT)
    }
    expect(unseal(before, seal(announced, TEXT))).toBe(TEXT)
    expect(unseal(codec, seal(after, TEXT))).toBe(TEXT)
  })

  it('a key that was dropped opens nothing any more', () => {
    const error = thrownBy(() => unseal(codec, seal(before, TEXT)))
    expect([error.code, error.message]).toEqual([
      'ERR_INVALID_RECORD',
      'the stored session data was encrypted with a key that is not among keys',
    ])
  })
})

describe('text from before encryption', () => {
  const migrating = encryptedCodec({ keys: [key], allowPlaintext: true })

  it('is refused, unless it is allowed', () => {
    isRefused(TEXT)
    expect(unseal(migrating, TEXT)).toBe(TEXT)
  })

  it('is never what was encrypted and does not open', () => {
    for (const text of [
      sealed.slice(0, -1),
      'aes256gcm.',
      'aes256gcm.{}',
      seal(encryptedCodec({ keys: [other] }), TEXT),
    ]) {
      expect(thrownBy(() => unseal(migrating, text)).code).toBe('ERR_INVALID_RECORD')
    }
  })

  it('is encrypted with the next write', () => {
    expect(unseal(codec, seal(migrating, TEXT))).toBe(TEXT)
  })

  it('is written on where that is asked for, and then both are read', () => {
    const announced = encryptedCodec({ keys: [key], allowPlaintext: 'write' })
    expect(seal(announced, TEXT)).toBe(TEXT)
    expect([unseal(announced, TEXT), unseal(announced, sealed)]).toEqual([TEXT, TEXT])
  })
})

describe('keys', () => {
  const bytes = createHash('sha256').update('x').digest()

  it.each<[string, EncryptionKey]>([
    ['a Buffer', bytes],
    ['a Uint8Array', new Uint8Array(bytes)],
    ['hexadecimal', bytes.toString('hex')],
    ['upper-case hexadecimal', bytes.toString('hex').toUpperCase()],
    ['base64', bytes.toString('base64')],
    ['base64url', bytes.toString('base64url')],
  ])('are the same as %s', (_kind, given) => {
    expect(unseal(encryptedCodec({ keys: [bytes] }), seal(encryptedCodec({ keys: [given] }), TEXT))).toBe(TEXT)
  })

  const wrong: [string, unknown][] = [
    ['none', []],
    ['no list', bytes],
    ['nothing', undefined],
    ['a password', ['correct horse battery']],
    ['a password of 32 characters', ['correct horse battery staple abc']],
    ['too few bytes', [bytes.subarray(1)]],
    ['too many bytes', [Buffer.concat([bytes, bytes])]],
    ['too few digits', [bytes.toString('hex').slice(2)]],
    ['digits that are none', [`${bytes.toString('hex').slice(0, -1)}g`]],
    ['a number', [1]],
    ['null', [null]],
    ['an empty text', ['']],
    ['a missing second key', [bytes, undefined]],
    ['an ArrayBuffer', [new Uint8Array(bytes).buffer]],
    ['the same key twice', [bytes, bytes.toString('hex')]],
  ]

  it.each(wrong)('are refused, without showing them: %s', (_kind, keys) => {
    const error = thrownBy(() => encryptedCodec({ keys: keys as EncryptionKey[] }))
    expect([error.code, error.operation]).toEqual(['ERR_INVALID_OPTION', 'encryptedCodec'])
    expect(error.message).toContain('keys')
    const shown = inspect(error, { depth: null })
    for (const secret of ['horse', bytes.toString('hex').slice(0, 20), bytes.toString('base64').slice(0, 20)]) {
      expect(shown).not.toContain(secret)
    }
  })

  it('are copied, and not shown by what was made of them', () => {
    const given = Buffer.from(bytes)
    const made = encryptedCodec({ keys: [given] })
    given.fill(0)
    expect(unseal(encryptedCodec({ keys: [bytes] }), seal(made, TEXT))).toBe(TEXT)
    expect(inspect(made, { depth: null, showHidden: true })).not.toMatch(/2d.?71.?16/)
  })
})

describe('the codec within', () => {
  it('encodes and decodes, so that merging compares what is not encrypted', () => {
    expect(codec.encode({ a: 1 }, 'data')).toBe('{"a":1}')
    expect(codec.decode('{"a":1}')).toEqual({ a: 1 })
  })

  it.each<[string, object]>([
    ['codec', { codec: null }],
    ['codec', { codec: {} }],
    ['codec', { codec }],
    ['codec', { codec: { ...jsonCodec, seal: (text: string) => text } }],
    ['allowPlaintext', { allowPlaintext: 1 }],
    ['allowPlaintext', { allowPlaintext: 'read' }],
    ['key', { key: 'x' }],
  ])('or another option is refused where it is wrong: %s', (name, options) => {
    const error = thrownBy(() => encryptedCodec({ keys: [key], ...options }))
    expect(error.code).toBe('ERR_INVALID_OPTION')
    expect(error.message).toContain(name)
  })
})
