import { createHash, randomFillSync } from 'node:crypto'
import type { SessionId, Version } from './store.ts'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const ID_LENGTH = 26
const POOL_BYTES = 4096

/** Random bytes are drawn many at a time: a call costs as much for a page as for a dozen. */
const pool = Buffer.alloc(POOL_BYTES)
let used = POOL_BYTES

/** A new id: 130 random bits in base32, lower case. */
export function mintId(): SessionId {
  return base32(randomBytes(17))
}

/** A new version: 96 random bits in base64url. */
export function mintVersion(): Version {
  return randomBytes(12).toString('base64url')
}

/** The record id that stands for a text of any length: the first 26 characters of base32(SHA-256), 130 bits. */
export function digestId(text: string): SessionId {
  return base32(createHash('sha256').update(text).digest())
}

/** Ids that core keeps for itself start with a digit that minted ids cannot contain. */
export function isReservedId(id: SessionId): boolean {
  return id.startsWith('0') || id.startsWith('1')
}

/** The reserved id of an owner's revocation marker. */
export function markerId(ownerId: string): SessionId {
  return `1${digestId(ownerId).slice(0, ID_LENGTH - 1)}`
}

/** The reserved id of the lease that a session's exclusive callers take. */
export function leaseId(id: SessionId): SessionId {
  return `0${digestId(id).slice(0, ID_LENGTH - 1)}`
}

function randomBytes(size: number): Buffer {
  if (used + size > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  used += size
  return pool.subarray(used - size, used)
}

function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5 && text.length < ID_LENGTH) {
      bits -= 5
      text += alphabet[(value >> bits) & 31]
    }
    if (text.length === ID_LENGTH) break
  }
  return text
}
