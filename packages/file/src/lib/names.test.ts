import { sessionId, version } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import {
  nextNonce,
  ownerHash,
  parsePayload,
  parseState,
  parseUnfinished,
  payloadName,
  stateName,
  unfinishedName,
} from './names.ts'

const MAX = Number.MAX_SAFE_INTEGER
const nonce = '0123456789abcdef'

test('no two nonces are the same, and each can stand in a name', () => {
  const nonces = Array.from({ length: 10_000 }, nextNonce)
  expect(new Set(nonces).size).toBe(10_000)
  expect(nonces.every((one) => /^[0-9a-f]{16}$/.test(one))).toBe(true)
})

test.each([
  { seq: 1, nonce, expiresAt: 0, purgeAt: 0 },
  { seq: MAX, nonce, expiresAt: MAX, purgeAt: MAX },
  { seq: 7, nonce, expiresAt: -MAX, purgeAt: -1 },
])('a state says all that it was made of: %o', (state) => {
  const name = stateName(state)
  expect(parseState(name)).toEqual({ name, ...state })
})

test.each([
  { seq: 1, nonce, version: version(1), binding: undefined },
  { seq: MAX, nonce, version: 'AZaz09_-'.repeat(4), binding: { owner: ownerHash('alice'), nonce: nextNonce() } },
])('a payload says all that it was made of: %o', (payload) => {
  const name = payloadName(payload)
  expect(name.length).toBeLessThan(143)
  expect(parsePayload(name)).toEqual({ name, ...payload })
})

test('what is like a state is none', () => {
  const shapes = ['', 's.', 's.1', `s.1.${nonce}.1`, `s.1.${nonce}.1.2.3`, `s.x.${nonce}.1.2`, ` s.1.${nonce}.1.2`]
  const parts = [`s.1.${nonce.toUpperCase()}.1.2`, `s.1.${nonce}.1.9999999999999999`, `s.1.${nonce}.1.2~`]
  for (const name of [...shapes, ...parts]) expect(parseState(name)).toBeUndefined()
})

test('what is like a payload is none', () => {
  for (const name of ['p.', `p.1.${nonce}`, `p.1.${nonce}.short`, `p.1.${nonce}.${version(1)}.${ownerHash('a')}`]) {
    expect(parsePayload(name)).toBeUndefined()
  }
})

test('what is unfinished is told from sessions and from what is put aside', () => {
  const id = sessionId('1aa')
  expect(parseUnfinished(unfinishedName(id, nonce))).toEqual({ id, isPutAside: false })
  expect(parseUnfinished(`${unfinishedName(id, nonce)}.gone`)).toEqual({ id, isPutAside: true })
  for (const name of [id, `${id}.gone`, `${id}.${nonce}.bak`, `x.${nonce}`])
    expect(parseUnfinished(name)).toBeUndefined()
})
