import { describe, expect, it } from 'vitest'
import type { Lifetime, ListQuery, LoadedRef, StoredSession, SweepOptions } from '../store.ts'
import { thrownBy } from '../testing-errors.ts'
import {
  assertId,
  assertLifetime,
  assertListQuery,
  assertLoadedRef,
  assertMaxPayloadBytes,
  assertNamespace,
  assertSession,
  assertSweepOptions,
  assertVersion,
  DEFAULT_MAX_PAYLOAD_BYTES,
  isSessionId,
} from './checks.ts'

const id = 'abcdefghijklmnopqrstuvwxy0'
const version = 'AZaz09_-AZaz09_-'
const stored: StoredSession = { id, version, payload: '{}', owner: null, expiresAt: 1000, purgeAt: 2000 }
const MAX = Number.MAX_SAFE_INTEGER

type Loose<T> = { [Key in keyof T]?: unknown }

const notIds: [what: string, value: unknown][] = [
  ['25 characters', 'a'.repeat(25)],
  ['27 characters', 'a'.repeat(27)],
  ['an empty text', ''],
  ['a capital', `${'a'.repeat(25)}A`],
  ['a path', `../${'a'.repeat(23)}`],
  ['a dot', `${'a'.repeat(25)}.`],
  ['a colon', `${'a'.repeat(25)}:`],
  ['a line break at the end', `${'a'.repeat(26)}\n`],
  ['a line break instead of the end', `${'a'.repeat(25)}\n`],
  ['a letter that only looks like one', `${'a'.repeat(25)}\u0430`],
  ['nothing', undefined],
  ['null', null],
  ['a number', 12345678901234567890123456n],
  ['an array of one id', [id]],
  ['an object that turns into one', { toString: () => id }],
]

describe('an id', () => {
  it.each([id, 'a'.repeat(26), 'z'.repeat(26), '0'.repeat(26), '9'.repeat(26)])('may be %s', (value) => {
    expect(isSessionId(value)).toBe(true)
    expect(() => assertId(value, 'load')).not.toThrow()
  })

  it.each(notIds)('may not be %s', (_what, value) => {
    expect(isSessionId(value)).toBe(false)
    const error = thrownBy(() => assertId(value, 'load'))
    expect([error.code, error.operation]).toEqual(['ERR_INVALID_ID', 'load'])
  })
})

const notVersions: [what: string, value: unknown][] = [
  ['15 characters', 'a'.repeat(15)],
  ['33 characters', 'a'.repeat(33)],
  ['a dot', `${'a'.repeat(15)}.`],
  ['padding', `${'a'.repeat(15)}=`],
  ['a line break at the end', `${'a'.repeat(16)}\n`],
  ['nothing', undefined],
  ['a number', 1],
  ['an array of one version', [version]],
]

describe('a version', () => {
  it.each([version, 'a'.repeat(16), 'a'.repeat(17), 'a'.repeat(31), 'a'.repeat(32)])('may be %s', (value) => {
    expect(() => assertVersion(value, 'update')).not.toThrow()
  })

  it.each(notVersions)('may not be %s', (_what, value) => {
    const error = thrownBy(() => assertVersion(value, 'update'))
    expect([error.code, error.operation]).toEqual(['ERR_INVALID_RECORD', 'update'])
  })
})

const notOwners: [what: string, value: unknown][] = [
  ['256 characters', 'x'.repeat(256)],
  ['a lone surrogate', 'a\ud800'],
  ['undefined', undefined],
  ['a number', 7],
]

describe('an owner', () => {
  it.each([
    ['null', null],
    ['an empty text', ''],
    ['254 characters', 'x'.repeat(254)],
    ['255 characters', 'x'.repeat(255)],
    ['an emoji', '\u{1F600}'],
    ['a path', '../../x\0'],
  ])('may be %s', (_what, owner) => {
    expect(() => assertLoadedRef({ id, version, owner }, 'touch')).not.toThrow()
    expect(() => assertListQuery({ limit: 1, ...(owner !== null && { owner }) })).not.toThrow()
  })

  it.each(notOwners)('may not be %s', (_what, owner) => {
    const loaded: Loose<LoadedRef> = { id, version, owner }
    const error = thrownBy(() => assertLoadedRef(loaded as LoadedRef, 'touch'))
    expect([error.code, error.operation]).toEqual(['ERR_INVALID_RECORD', 'touch'])
  })
})

describe('a lifetime', () => {
  it.each([
    ['a purge at the expiry', 1000, 1000],
    ['a purge after it', 1000, 1001],
    ['the latest instant', MAX, MAX],
    ['the epoch', 0, 0],
  ])('may have %s', (_what, expiresAt, purgeAt) => {
    expect(() => assertLifetime({ expiresAt, purgeAt }, 'touch')).not.toThrow()
  })

  it.each<[string, Loose<Lifetime>]>([
    ['a purge before the expiry', { expiresAt: 1000, purgeAt: 999 }],
    ['a fraction of a millisecond', { expiresAt: 0.5, purgeAt: 1 }],
    ['a fraction of a millisecond for the purge', { expiresAt: 0, purgeAt: 0.5 }],
    ['no end', { expiresAt: 1000, purgeAt: Number.POSITIVE_INFINITY }],
    ['no expiry', { purgeAt: 1 }],
    ['no purge', { expiresAt: 1 }],
    ['null', { expiresAt: null, purgeAt: null }],
    ['NaN', { expiresAt: Number.NaN, purgeAt: Number.NaN }],
    ['texts', { expiresAt: '1', purgeAt: '2' }],
    ['bigints', { expiresAt: 1n, purgeAt: 2n }],
    ['dates', { expiresAt: new Date(1), purgeAt: new Date(2) }],
    ['an instant past the safe integers', { expiresAt: 1, purgeAt: MAX + 1 }],
  ])('may not have %s', (_what, lifetime) => {
    const error = thrownBy(() => assertLifetime(lifetime as Lifetime, 'touch'))
    expect([error.code, error.operation]).toEqual(['ERR_INVALID_RECORD', 'touch'])
  })
})

describe('a record', () => {
  const check = (changes: Loose<StoredSession>, maxPayloadBytes = 10) =>
    assertSession({ ...stored, ...changes } as StoredSession, 'create', maxPayloadBytes)

  it('is checked as a whole', () => {
    expect(() => check({})).not.toThrow()
    for (const [, value] of notIds) expect(thrownBy(() => check({ id: value })).code).toBe('ERR_INVALID_ID')
    for (const [, value] of notVersions)
      expect(thrownBy(() => check({ version: value })).code).toBe('ERR_INVALID_RECORD')
    for (const [, value] of notOwners) expect(thrownBy(() => check({ owner: value })).code).toBe('ERR_INVALID_RECORD')
    expect(thrownBy(() => check({ purgeAt: stored.expiresAt - 1 })).code).toBe('ERR_INVALID_RECORD')
  })

  it.each([
    ['a high surrogate on its own', 'a\ud83d'],
    ['a low surrogate on its own', '\ude00a'],
    ['surrogates in the wrong order', '\ude00\ud83d'],
    ['no text', undefined],
    ['a Buffer', Buffer.from('x')],
    ['null', null],
  ])('may not have a payload with %s', (_what, payload) => {
    const error = thrownBy(() => check({ payload }))
    expect([error.code, error.operation, error.id]).toEqual(['ERR_INVALID_PAYLOAD', 'create', `${id.slice(0, 6)}…`])
  })

  it.each([
    ['nothing', ''],
    ['a NUL and a line break', 'a\0\n'],
    ['a byte order mark', '\ufeffa'],
    ['an emoji', '\u{1F600}'],
  ])('may have a payload with %s', (_what, payload) => {
    expect(() => check({ payload })).not.toThrow()
  })

  // One, two, three and four bytes a character.
  it.each(['a', '\u00e9', '\u20ac', '\u{1F600}'])('is measured in bytes of UTF-8: %s', (character) => {
    const bytes = Buffer.byteLength(character)
    for (const times of [1, 2, 3, 1000]) {
      const payload = character.repeat(times)
      const size = bytes * times
      expect(() => check({ payload }, size)).not.toThrow()
      expect(() => check({ payload }, size + 1)).not.toThrow()
      if (size === 1) continue
      const error = thrownBy(() => check({ payload }, size - 1))
      expect([error.code, error.operation, error.id]).toEqual(['ERR_PAYLOAD_TOO_LARGE', 'create', `${id.slice(0, 6)}…`])
      expect(error.message).toContain(String(size))
    }
  })

  it('has a mebibyte unless told otherwise', () => {
    expect(DEFAULT_MAX_PAYLOAD_BYTES).toBe(2 ** 20)
  })

  it('that is refused is not quoted in the error', () => {
    const error = thrownBy(() => check({ payload: 'secret'.repeat(10) }))
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('secret')
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(id)
  })
})

const notCounts = [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, MAX + 1, '1', null, 1n]

describe('a sweep', () => {
  const check = (changes: Loose<SweepOptions>) =>
    assertSweepOptions({ cutoff: 0, limit: 1, budgetMs: 1, ...changes } as SweepOptions)

  it.each<Loose<SweepOptions>>([
    {},
    { cutoff: -1 },
    { cutoff: MAX },
    { limit: MAX },
    { budgetMs: 0.1 },
    { budgetMs: Number.POSITIVE_INFINITY },
    { cursor: '' },
    { cursor: undefined },
  ])('may ask for %j', (changes) => {
    expect(() => check(changes)).not.toThrow()
  })

  it.each<[keyof SweepOptions, unknown[]]>([
    ['cutoff', [undefined, null, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '0', new Date(0), 0n]],
    ['limit', [undefined, ...notCounts]],
    ['budgetMs', [undefined, 0, -1, Number.NaN, '1', null, true, 1n]],
    ['cursor', [null, 0, {}]],
  ])('is refused a wrong %s', (name, values) => {
    for (const value of values) {
      const error = thrownBy(() => check({ [name]: value }))
      expect([error.code, error.operation]).toEqual(['ERR_INVALID_OPTION', 'sweep'])
      expect(error.message).toContain(name)
    }
  })
})

describe('a list', () => {
  const check = (changes: Loose<ListQuery>) => assertListQuery({ limit: 1, ...changes } as ListQuery)

  it.each<Loose<ListQuery>>([{}, { limit: MAX }, { cursor: 'x' }, { owner: 'alice' }, { owner: undefined }])(
    'may ask for %j',
    (changes) => {
      expect(() => check(changes)).not.toThrow()
    },
  )

  it.each<[keyof ListQuery, unknown[]]>([
    ['limit', [undefined, ...notCounts]],
    ['cursor', [null, 0, {}]],
  ])('is refused a wrong %s', (name, values) => {
    for (const value of values) {
      const error = thrownBy(() => check({ [name]: value }))
      expect([error.code, error.operation]).toEqual(['ERR_INVALID_OPTION', 'list'])
      expect(error.message).toContain(name)
    }
  })

  it.each(['x'.repeat(256), 'a\ud800', 7, {}])('is refused an owner that no record can have: %j', (owner) => {
    const error = thrownBy(() => check({ owner }))
    expect([error.code, error.operation]).toEqual(['ERR_INVALID_RECORD', 'list'])
  })
})

describe('a namespace', () => {
  it.each(['a', 'default', 'a-b_c0', 'x'.repeat(63), 'x'.repeat(64)])('may be %s', (namespace) => {
    expect(() => assertNamespace(namespace)).not.toThrow()
  })

  it.each(['', 'x'.repeat(65), 'A', 'a:b', 'a/b', '..', 'a b', 'a\n', 'é', undefined, null, 1, ['a']])(
    'may not be %j',
    (namespace) => {
      const error = thrownBy(() => assertNamespace(namespace))
      expect([error.code, error.operation]).toEqual(['ERR_INVALID_OPTION', 'open'])
    },
  )
})

describe('the longest payload', () => {
  it.each([1, 2, MAX])('may be %i bytes', (bytes) => {
    expect(() => assertMaxPayloadBytes(bytes)).not.toThrow()
  })

  it.each([undefined, ...notCounts])('may not be %s', (bytes) => {
    const error = thrownBy(() => assertMaxPayloadBytes(bytes))
    expect([error.code, error.operation]).toEqual(['ERR_INVALID_OPTION', 'open'])
  })
})
