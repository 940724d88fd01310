import type { StoredSession } from '@leeway/core/adapter'
import { record, sessionId } from '@leeway/testing/records'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { DamagedRecord } from './failures.ts'
import { decode, decodeListed, encode, layout } from './value.ts'

const MAX = Number.MAX_SAFE_INTEGER
const ID_END = 27
const OWNER_LENGTH_AT = layout.instantsEnd + 1

const text = (maxLength: number) =>
  fc.string({ unit: 'binary', maxLength }).filter((value) => value.length <= maxLength)
const instant = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, -1, MAX, -MAX))
const anySession: fc.Arbitrary<StoredSession> = fc.record({
  id: fc.stringMatching(/^[a-z0-9]{26}$/),
  version: fc.stringMatching(/^[A-Za-z0-9_-]{16,32}$/),
  payload: fc.oneof(text(300), fc.constantFrom('', '---', '1', '\0', '\ufeff')),
  owner: fc.oneof(fc.constant(null), text(255), fc.constantFrom('', '---', '\u20ac'.repeat(255))),
  expiresAt: instant,
  purgeAt: instant,
})

test('what was written is read, whatever it is', () => {
  fc.assert(
    fc.property(anySession, (session) => {
      expect(decode(encode(session), session.id)).toEqual(session)
    }),
    { numRuns: 1_000 },
  )
})

test('a listing needs no more than the first bytes, whatever the owner', () => {
  fc.assert(
    fc.property(anySession, (session) => {
      const head = Buffer.from(encode(session))
        .subarray(0, layout.ownerEnd + 1)
        .toString()
      const { id, owner, expiresAt, purgeAt } = session
      expect(decodeListed(head, id)).toEqual({ id, owner, expiresAt, purgeAt })
    }),
    { numRuns: 1_000 },
  )
})

test('all headers have one width, in bytes too', () => {
  fc.assert(
    fc.property(anySession, (session) => {
      const header = encode(session).slice(0, layout.headerEnd + 1)
      expect(Buffer.byteLength(header)).toBe(layout.headerEnd + 1)
      expect(header.slice(OWNER_LENGTH_AT)).toBe(
        session.owner === null ? '---' : String(session.owner.length).padStart(3, '0'),
      )
    }),
  )
})

describe('a record that is damaged is refused', () => {
  const session = record('x', { owner: 'alice', payload: '{"a":1}' })
  const whole = encode(session)
  const over = (at: number, what: string) => whole.slice(0, at) + what + whole.slice(at + what.length)

  it('wherever it ends before the end of the owner', () => {
    for (let length = 0; length < layout.headerEnd + 1 + 'alice'.length; length++) {
      expect(() => decode(whole.slice(0, length), session.id)).toThrow(DamagedRecord)
    }
    expect(decode(whole.slice(0, layout.headerEnd + 1 + 'alice'.length), session.id).payload).toBe('')
  })

  it.each([
    ['the format', 0, '2'],
    ['the format, where it is of another program', 0, '{'],
    ['the first character of the id', 1, 'a'],
    ['the last character of the id', ID_END - 1, 'z'],
    ['the expiry', layout.expiresAt, 'x'],
    ['the end of the expiry', layout.purgeAt - 1, '-'],
    ['the purge time', layout.purgeAt, '?'],
    ['the end of the purge time', layout.instantsEnd, '.e'],
    ['an expiry that is out of range', layout.expiresAt, '9'.repeat(17)],
    ['the length of the owner', OWNER_LENGTH_AT, 'abc'],
    ['a length that is negative', OWNER_LENGTH_AT, '-05'],
    ['a length of blanks', OWNER_LENGTH_AT, '   '],
    ['a length with an exponent', OWNER_LENGTH_AT, '1e0'],
    ['an expiry of blanks', layout.expiresAt, ' '.repeat(17)],
    ['the version', layout.versionAt, '\0'],
    ['the padding of the version', layout.expiresAt - 1, 'x'],
    ['a length with a fraction', OWNER_LENGTH_AT, '1.5'],
    ['a length of more than there is', OWNER_LENGTH_AT, '999'],
  ])('in %s', (_what, at, what) => {
    expect(() => decode(over(at, what), session.id)).toThrow(DamagedRecord)
    expect(() => decodeListed(over(at, what), session.id)).toThrow(DamagedRecord)
  })

  it('when it is the record of another id', () => {
    expect(() => decode(whole, sessionId('y'))).toThrow('another id')
    expect(() => decodeListed(whole, sessionId('y'))).toThrow('another id')
  })
})
