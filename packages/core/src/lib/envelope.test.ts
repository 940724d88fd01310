import { describe, expect, it } from 'vitest'
import { decodeEnvelope, encodeEnvelope, type Header } from './envelope.ts'

const header: Header = {
  createdAt: 1,
  absoluteAt: 2,
  idleMs: 3,
  absoluteMs: 4,
  epoch: 5,
  recent: ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'],
  credentials: {
    current: 'hash',
    pending: { hash: 'next', nonce: 'nonce' },
    previous: { hash: 'last', until: 6 },
  },
}

describe('the envelope gives back', () => {
  it.each<[string, Header]>([
    ['a header with every secret', header],
    ['a header of a first lifetime', { ...header, firstIdleMs: 7 }],
    ['a header with a data version', { ...header, dataVersion: 2 }],
    ['a header without credentials', { ...header, credentials: null }],
    ['a header with one secret', { ...header, credentials: { current: 'hash', pending: null, previous: null } }],
  ])('%s', (_what, given) => {
    expect(decodeEnvelope(encodeEnvelope(given, '{}'))?.header).toMatchObject(given)
  })

  it.each(['{}', '', '{"a":"line\\nbreak"}', 'one\ntwo\n', '\n', '\u2028\u{1F600}'])('data as it is: %j', (text) => {
    expect(decodeEnvelope(encodeEnvelope(header, text))?.text).toBe(text)
  })
})

describe('the envelope reads nothing out of', () => {
  const line = (changes: object) => `${JSON.stringify({ format: 1, ...header, ...changes })}\n{}`

  it.each([
    ['an empty payload', ''],
    ['a line without data', JSON.stringify({ format: 1, ...header })],
    ['a line that does not end', `${JSON.stringify({ format: 1, ...header })} `],
    ['text that is no JSON', 'garbage\n{}'],
    ['half a header', `${JSON.stringify({ format: 1, ...header }).slice(0, 40)}\n{}`],
    ['null', 'null\n{}'],
    ['an array', '[]\n{}'],
    ['an empty object', '{}\n{}'],
    ['another format', line({ format: 2 })],
    ['no format', line({ format: undefined })],
    ['an instant that is a text', line({ createdAt: '1' })],
    ['an instant that is no number', line({ absoluteAt: null })],
    ['a fraction of a millisecond', line({ idleMs: 0.5 })],
    ['a first lifetime that is a text', line({ firstIdleMs: '1' })],
    ['flash values in the header', line({ flash: [] })],
    ['a client in the header', line({ client: {} })],
    ['a missing epoch', line({ epoch: undefined })],
    ['versions that are no list', line({ recent: 'aaaaaaaaaaaaaaaa' })],
    ['versions that are no texts', line({ recent: [1] })],
    ['a data version of 0', line({ dataVersion: 0 })],
    ['a data version that is a text', line({ dataVersion: '2' })],
    ['a data version that is no whole number', line({ dataVersion: 1.5 })],
    ['a data version that is null', line({ dataVersion: null })],
    ['missing credentials', line({ credentials: undefined })],
    ['credentials that are a list', line({ credentials: [] })],
    ['credentials without a hash', line({ credentials: { pending: null, previous: null } })],
    ['credentials without a word on a rotation', line({ credentials: { current: 'hash', previous: null } })],
    ['a rotation without a nonce', line({ credentials: { current: 'h', pending: { hash: 'h' }, previous: null } })],
    [
      'an overlap without an end',
      line({ credentials: { current: 'h', pending: null, previous: { hash: 'h', until: null } } }),
    ],
  ])('%s', (_what, payload) => {
    expect(decodeEnvelope(payload)).toBeUndefined()
  })
})
