import { describe, expect, it } from 'vitest'
import { isSessionId } from './adapter/checks.ts'
import { digestId, isReservedId, leaseId, markerId, mintId, mintVersion } from './ids.ts'

const minted = Array.from({ length: 10_000 }, mintId)

describe('minted ids', () => {
  it('are 26 characters of a-z and 2-7, which the contract accepts', () => {
    for (const id of minted) {
      expect(id).toMatch(/^[a-z2-7]{26}$/)
      expect(isSessionId(id)).toBe(true)
    }
  })

  it('are never reserved, and never the same', () => {
    expect(minted.filter(isReservedId)).toEqual([])
    expect(new Set(minted).size).toBe(minted.length)
  })

  it('use the whole alphabet at every place', () => {
    for (let place = 0; place < 26; place++) expect(new Set(minted.map((id) => id[place])).size).toBe(32)
  })
})

it('versions are 16 characters of base64url and never the same', () => {
  const versions = Array.from({ length: 10_000 }, mintVersion)
  for (const version of versions) expect(version).toMatch(/^[A-Za-z0-9_-]{16}$/)
  expect(new Set(versions).size).toBe(versions.length)
})

describe('the id that stands for a text', () => {
  it('is base32 of its SHA-256, cut to 26 characters', () => {
    // RFC 4648 base32 of the SHA-256 of the empty text, lower case.
    expect(digestId('')).toBe('4oymiquy7qobjgx36tejs35zeq')
  })

  it('is the same every time, for texts of any length and kind, and differs with the text', () => {
    const texts = ['', 'a', 'A', 'x'.repeat(1_000_000), '\u{1F600}', '../../etc/passwd']
    for (const text of texts) {
      expect(digestId(text)).toBe(digestId(text))
      expect(digestId(text)).toMatch(/^[a-z2-7]{26}$/)
    }
    expect(new Set(texts.map(digestId)).size).toBe(texts.length)
  })
})

it("an owner's marker has a reserved id of its own, which no token and no framework can name", () => {
  expect(markerId('alice')).toMatch(/^1[a-z2-7]{25}$/)
  expect(isReservedId(markerId('alice'))).toBe(true)
  expect(markerId('alice')).not.toBe(markerId('bob'))
  expect(isSessionId(markerId('x'.repeat(255)))).toBe(true)
})

it("a session's lease has a reserved id of its own, which no token and no framework can name", () => {
  const id = mintId()
  expect(leaseId(id)).toBe(`0${digestId(id).slice(0, 25)}`)
  expect(isReservedId(leaseId(id))).toBe(true)
  expect(isSessionId(leaseId(id))).toBe(true)
  expect(leaseId(id)).not.toBe(leaseId(mintId()))
})

it.each([
  ['0', true],
  ['1', true],
  ['2', false],
  ['a', false],
])('ids that start with %s are reserved: %s', (first, reserved) => {
  expect(isReservedId(first + 'a'.repeat(25))).toBe(reserved)
})
