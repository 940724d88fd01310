import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { digestId, markerId, mintId } from '../ids.ts'
import { deriveSecret, formatToken, hashSecret, mintNonce, mintSecret, parseToken, sameHash } from './token.ts'

const id = 'abcdefghijklmnopqrstuvwx27'
const secret = 'AZaz09_-AZaz09_-AZaz09_-AZaz09_-'

describe('a token', () => {
  it('is read as it was written', () => {
    for (let i = 0; i < 1000; i++) {
      const token = { id: mintId(), secret: mintSecret() }
      expect(parseToken(formatToken(token))).toEqual(token)
    }
    expect(parseToken(`${id}.${secret}`)).toEqual({ id, secret })
  })

  it.each<[string, string | null | undefined]>([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['an id alone', id],
    ['an id with a dot', `${id}.`],
    ['a secret alone', `.${secret}`],
    ['one character less', `${id}.${secret.slice(1)}`],
    ['one character more', `${id}.${secret}A`],
    ['an id that is one shorter, and a secret that is one longer', `${id.slice(1)}.${secret}A`],
    ['an id that is one longer, and a secret that is one shorter', `${id}a.${secret.slice(1)}`],
    ['a space in front', ` ${id}.${secret.slice(1)}`],
    ['a line break at the end', `${id}.${secret.slice(1)}\n`],
    ['a line break after the end', `${id}.${secret}\n`],
    ['another separator', `${id}:${secret}`],
    ['a capital in the id', `A${id.slice(1)}.${secret}`],
    ['padding in the secret', `${id}.${secret.slice(1)}=`],
    ['base64 that is not for URLs', `${id}.${secret.slice(1)}+`],
    ['a path', `../../../../../etc/passwda.${secret}`],
    ['letters that only look the same', `\u0430${id.slice(1)}.${secret}`],
    ['a megabyte', 'a'.repeat(1_000_000)],
  ])('is not read from %s', (_what, text) => {
    expect(parseToken(text)).toBeUndefined()
  })

  it.each(['0', '1', '8', '9'])('with an id that starts with %s, which core never mints, is not read', (digit) => {
    expect(parseToken(`${digit}${id.slice(1)}.${secret}`)).toBeUndefined()
  })

  it('cannot name the marker of an owner', () => {
    expect(parseToken(formatToken({ id: markerId('alice'), secret: mintSecret() }))).toBeUndefined()
    expect(parseToken(formatToken({ id: digestId('alice'), secret: mintSecret() }))).toBeDefined()
  })

  it.each([[42], [[`${id}.${secret}`]], [{ length: 59, toString: () => `${id}.${secret}` }]])(
    'is not read from what is no text: %j',
    (value) => {
      expect(parseToken(value as unknown as string)).toBeUndefined()
    },
  )
})

describe.each([
  ['secrets', mintSecret],
  ['nonces', mintNonce],
])('minted %s', (_what, mint) => {
  it('are 192 random bits in base64url, never the same', () => {
    const minted = Array.from({ length: 10_000 }, mint)
    expect(minted.filter((text) => !/^[A-Za-z0-9_-]{32}$/.test(text))).toEqual([])
    expect(minted.filter((text) => Buffer.from(text, 'base64url').length !== 24)).toEqual([])
    expect(new Set(minted).size).toBe(minted.length)
    for (let place = 0; place < 32; place++) expect(new Set(minted.map((text) => text[place])).size).toBe(64)
  })
})

it('what is stored of a secret is its SHA-256', () => {
  expect(hashSecret(secret)).toBe(createHash('sha256').update(secret).digest('base64url'))
  expect(hashSecret(secret)).not.toContain(secret)
})

describe('the secret that follows', () => {
  it('is the same for everybody who knows the one before and the nonce', () => {
    const next = deriveSecret('secret', 'nonce')
    expect(next).toBe(createHmac('sha256', 'secret').update('nonce').digest().subarray(0, 24).toString('base64url'))
    expect(parseToken(formatToken({ id, secret: next }))).toEqual({ id, secret: next })
  })

  it('is another one with another secret, and with another nonce', () => {
    const [a, b] = [mintSecret(), mintSecret()]
    const derived = [deriveSecret(a, 'x'), deriveSecret(a, 'y'), deriveSecret(b, 'x'), deriveSecret(b, 'y'), a, b]
    expect(new Set(derived).size).toBe(6)
  })
})

describe('two hashes', () => {
  it.each([
    ['the same', 'abc', 'abc', true],
    ['both empty', '', '', true],
    ['different at the start', 'abc', 'xbc', false],
    ['different at the end', 'abc', 'abx', false],
    ['one the start of the other', 'abc', 'abcd', false],
    ['one empty', 'abc', '', false],
    ['as many characters but not as many bytes', 'abc', 'ab\u00e9', false],
    ['as many bytes but not as many characters', 'ab\u00e9', 'abcd', false],
  ])('%s', (_what, a, b, same) => {
    expect(sameHash(a, b)).toBe(same)
    expect(sameHash(b, a)).toBe(same)
  })
})
