import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { SessionId } from '../store.ts'

/** What the cookie carries: `id.secret`. The id names the record; the secret, 192 random bits, is the credential. */
export interface Token {
  readonly id: SessionId
  readonly secret: string
}

const SECRET_BYTES = 24
const pattern = /^([a-z2-7]{26})\.([A-Za-z0-9_-]{32})$/
const LENGTH = 59

/** `undefined` for anything that core did not write, whatever its length. */
export function parseToken(text: string | null | undefined): Token | undefined {
  if (typeof text !== 'string' || text.length !== LENGTH) return undefined
  const [, id, secret] = pattern.exec(text) ?? []
  return id !== undefined && secret !== undefined ? { id, secret } : undefined
}

export function formatToken({ id, secret }: Token): string {
  return `${id}.${secret}`
}

export function mintSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

export function mintNonce(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

/** The store keeps only this. The secret is random, so a plain SHA-256 cannot be reversed by guessing. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'base64url')
}

/** The secret that follows this one: every request that knows the secret derives the same from the stored nonce. */
export function deriveSecret(secret: string, nonce: string): string {
  return createHmac('sha256', secret).update(nonce).digest().subarray(0, SECRET_BYTES).toString('base64url')
}

/** Compares two hashes in constant time. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
