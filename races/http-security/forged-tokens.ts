import { createHash } from 'node:crypto'
import fc from 'fast-check'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** Characters that are easily taken for others, or that decoders skip. */
const ODD = [
  '0',
  '1',
  '8',
  '9',
  '=',
  '+',
  '/',
  '.',
  '~',
  ' ',
  '%',
  '"',
  '\\',
  ',',
  '\t',
  '\u0001',
  '\u007f',
  '\u00a0',
  '\u00ff',
]
const LOOK_ALIKES: Record<string, string> = {
  o: '0',
  i: '1',
  l: '1',
  b: '8',
  O: '0',
  I: 'l',
  '-': '+',
  _: '/',
  '0': 'O',
  '1': 'l',
}

export interface Forger {
  /** A token that opens a session. */
  readonly token: string
  /** The token of another session. */
  readonly other: string
  /** Ids that are in the store and name no session, of leases and of markers. */
  readonly reserved: readonly string[]
  /** What is stored of the secret. */
  readonly storedHash: string
}

/** Values for a cookie that are not the token, each once: everything below, and generated ones until there are so many. */
export function forgedTokens(forger: Forger, count: number, seed: number): string[] {
  const { token } = forger
  const forged = new Set([...everyCharacter(token), ...otherLengths(token), ...otherSpellings(token), ...known(forger)])
  const arbitrary = fc.oneof(
    mutations(token),
    fc.tuple(textOf(BASE32, 26), textOf(BASE64URL, 32)).map(([id, secret]) => `${id}.${secret}`),
    textOf(BASE64URL, 32).map((secret) => `${idOf(token)}.${secret}`),
    textOf(BASE32, 26).map((id) => `${id}.${secretOf(token)}`),
    fc.string({ unit: 'binary', maxLength: 80 }).map(bytesOf),
  )
  // What ends or splits the header is for the tests of injection; surrounding spaces are no part of a value.
  const isOther = (value: string) => !/[\r\n;\0]/.test(value) && value.replace(/^[ \t]+|[ \t]+$/g, '') !== token
  for (let more = 0; [...forged].filter(isOther).length < count; more++) {
    for (const value of fc.sample(arbitrary, { seed: seed + more, numRuns: count })) forged.add(value)
  }
  return [...forged].filter(isOther).slice(0, count)
}

function everyCharacter(token: string): string[] {
  const alphabet = [...new Set([...BASE64URL, ...ODD])]
  return [...token].flatMap((character, at) =>
    [
      ...alphabet.filter((one) => one !== character).map((one) => replaced(token, at, one)),
      ...(LOOK_ALIKES[character] === undefined ? [] : [replaced(token, at, LOOK_ALIKES[character])]),
      replaced(token, at, ''),
      replaced(token, at, character + character),
      replaced(token, at, `%${character.charCodeAt(0).toString(16)}`),
      swapped(token, at),
    ].filter((one) => one !== token),
  )
}

function otherLengths(token: string): string[] {
  const pieces = [...token].flatMap((_, at) => [token.slice(0, at), token.slice(at)]).filter((one) => one !== token)
  const tails = ['=', '==', 'A', '.', '.x', '\u0001', '%00', ' x', ',', token, `,${token}`, `.${secretOf(token)}`]
  return [...pieces, ...tails.flatMap((tail) => [`${token}${tail}`, `${tail}${token}`])]
}

function otherSpellings(token: string): string[] {
  const [id, secret] = [idOf(token), secretOf(token)]
  const bytes = Buffer.from(secret, 'base64url')
  return [
    ...[token.toUpperCase(), token.toLowerCase(), `${id.toUpperCase()}.${secret}`, `"${token}"`, `'${token}'`],
    ...[
      encodeURIComponent(token).replace('.', '%2E'),
      bytesOf(token.replace(/[a-z]/g, wide)),
      Buffer.from(token, 'utf16le').toString('latin1'),
    ],
    ...[bytes.toString('base64'), bytes.toString('hex')].map((text) => `${id}.${text}`),
    ...[`s:${token}`, `Bearer ${token}`, `${id}:${secret}`, `${id} ${secret}`, `${id}..${secret}`, `${secret}.${id}`],
    ...[`["${token}"]`, `{"id":"${id}"}`, `${id}[$ne]=`, `${id}.*`, `../${token}`, `${id}.${'%'.repeat(32)}`],
  ].filter((one) => one !== token)
}

/** What somebody has who has read the store, or part of somebody's cookie. */
function known({ token, other, reserved, storedHash }: Forger): string[] {
  const [id, secret] = [idOf(token), secretOf(token)]
  const hashes = [storedHash, createHash('sha256').update(secret).digest('base64url')]
  const ids = [id, ...reserved]
  const secrets = [
    ...hashes.flatMap((hash) => [hash, hash.slice(0, 32), hash.slice(-32)]),
    'A'.repeat(32),
    '_'.repeat(32),
  ]
  return [
    ...ids,
    ...ids.flatMap((one) => secrets.map((text) => `${one}.${text}`)),
    ...[`${id}.${secretOf(other)}`, `${idOf(other)}.${secret}`],
    ...reserved.map((one) => `${one}.${secret}`),
  ]
}

function mutations(token: string): fc.Arbitrary<string> {
  const change = fc.tuple(fc.nat(token.length - 1), fc.constantFrom(...BASE64URL))
  return fc
    .array(change, { minLength: 2, maxLength: 6 })
    .map((changes) => changes.reduce((text, [at, character]) => replaced(text, at, character), token))
}

function textOf(alphabet: string, length: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...alphabet), minLength: length, maxLength: length })
}

/** UTF-8, each byte as a character, as servers see it. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function wide(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 0xfee0)
}

function replaced(text: string, at: number, by: string): string {
  return text.slice(0, at) + by + text.slice(at + 1)
}

function swapped(text: string, at: number): string {
  return text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2)
}

export function idOf(token: string): string {
  return token.split('.')[0] ?? ''
}

export function secretOf(token: string): string {
  return token.split('.')[1] ?? ''
}
