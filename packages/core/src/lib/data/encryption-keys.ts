import { createHash, createSecretKey, type KeyObject } from 'node:crypto'
import { LeewayError } from '../errors.ts'

/** A key of 256 bits: its 32 bytes, or a text of 64 hexadecimal digits, or of 43 or 44 characters of base64 or base64url. */
export type EncryptionKey = Uint8Array | string

const KEY_BYTES = 32
const hex = /^[0-9a-f]{64}$/i
const base64 = /^[A-Za-z0-9+/_-]{43}=?$/

/** The keys by the id that sealed texts carry, newest first. @throws `ERR_INVALID_OPTION`, without anything of a key */
export function keyRing(keys: readonly EncryptionKey[]): ReadonlyMap<string, KeyObject> {
  if (!Array.isArray(keys) || keys.length === 0) refuse('keys must be a list of keys, the newest first')
  const ring = new Map<string, KeyObject>()
  for (const [index, key] of keys.entries()) {
    const bytes = bytesOf(key)
    if (bytes?.length !== KEY_BYTES) {
      refuse(
        `keys[${index}] must be ${KEY_BYTES} random bytes, or their text in hexadecimal or base64 (a password is no key): ` +
          'openssl rand -base64 32 makes one',
      )
    }
    const id = keyId(bytes)
    if (ring.has(id)) refuse(`keys[${index}] is there twice`)
    ring.set(id, createSecretKey(bytes))
  }
  return ring
}

function bytesOf(key: unknown): Uint8Array | undefined {
  if (key instanceof Uint8Array) return key
  if (typeof key !== 'string') return undefined
  if (hex.test(key)) return Buffer.from(key, 'hex')
  return base64.test(key) ? Buffer.from(key, 'base64') : undefined
}

/** 48 bits of a hash: enough to tell keys apart, and nothing that helps to find one. */
function keyId(bytes: Uint8Array): string {
  return createHash('sha256').update('leeway key id\n').update(bytes).digest('base64url').slice(0, 8)
}

function refuse(message: string): never {
  throw new LeewayError('ERR_INVALID_OPTION', message, { operation: 'encryptedCodec' })
}
