import { describe, expect, it } from 'vitest'
import type { Credentials } from '../envelope.ts'
import { confirmed, recognise, soleSecret, withPending } from './credentials.ts'
import { deriveSecret, hashSecret, mintSecret } from './token.ts'

const T = 1_000_000
const OVERLAP = 100

/** The secret that a rotation prepared, as a request that knows the current one derives it. */
function pendingSecret({ pending }: Credentials, currentSecret: string): string {
  if (!pending) throw new Error('no rotation has begun')
  return deriveSecret(currentSecret, pending.nonce)
}

describe('a secret on its own', () => {
  const secret = mintSecret()
  const credentials = soleSecret(secret)

  it('opens, and nothing else does', () => {
    expect(recognise(credentials, hashSecret(secret), T)).toBe('current')
    expect(recognise(credentials, hashSecret(mintSecret()), T)).toBe('wrong')
    expect(recognise(credentials, '', T)).toBe('wrong')
    expect(recognise(credentials, secret, T)).toBe('wrong')
  })

  it('is not what is kept', () => {
    expect(JSON.stringify(credentials)).not.toContain(secret)
  })

  it('has nothing to confirm', () => {
    expect(confirmed(credentials, T, OVERLAP)).toEqual(credentials)
  })
})

describe('a rotation', () => {
  const first = mintSecret()
  const begun = withPending(soleSecret(first), first)
  const second = pendingSecret(begun, first)
  const done = confirmed(begun, T, OVERLAP)

  it('prepares a secret that opens as the pending one, and the current one stays', () => {
    expect(recognise(begun, hashSecret(second), T)).toBe('pending')
    expect(recognise(begun, hashSecret(first), T)).toBe('current')
    expect(begun.previous).toBeNull()
  })

  it('keeps neither secret', () => {
    for (const credentials of [begun, done]) {
      for (const secret of [first, second]) expect(JSON.stringify(credentials)).not.toContain(secret)
    }
  })

  it('that is confirmed makes the pending secret the current one', () => {
    expect(recognise(done, hashSecret(second), T)).toBe('current')
    expect(done.pending).toBeNull()
  })

  it.each([
    [-1, 'previous'],
    [0, 'retired'],
    [1, 'retired'],
  ])('leaves the old secret %i ms from the end of the overlap %s', (offset, presented) => {
    expect(recognise(done, hashSecret(first), T + OVERLAP + offset)).toBe(presented)
  })

  it('without an overlap retires the old secret at once', () => {
    expect(recognise(confirmed(begun, T, 0), hashSecret(first), T)).toBe('retired')
  })

  it('that begins again prepares another secret, and the one before is nothing', () => {
    const again = withPending(begun, first)
    expect(pendingSecret(again, first)).not.toBe(second)
    expect(recognise(again, hashSecret(second), T)).toBe('wrong')
    expect(recognise(again, hashSecret(first), T)).toBe('current')
  })

  it('that follows another leaves the old secret its overlap until it is confirmed itself', () => {
    const next = withPending(done, second)
    const third = pendingSecret(next, second)
    expect(recognise(next, hashSecret(first), T)).toBe('previous')
    const last = confirmed(next, T, OVERLAP)
    expect(recognise(last, hashSecret(third), T)).toBe('current')
    expect(recognise(last, hashSecret(second), T)).toBe('previous')
    expect(recognise(last, hashSecret(first), T)).toBe('wrong')
  })

  it('changes no credentials in place', () => {
    const frozen = Object.freeze(soleSecret(first))
    const copy = structuredClone(frozen)
    confirmed(Object.freeze(withPending(frozen, first)), T, OVERLAP)
    expect(frozen).toEqual(copy)
  })
})
