import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'
import { assertKnownOptions } from '../adapter/checks.ts'
import { LeewayError } from '../errors.ts'
import type { SessionId } from '../store.ts'
import { assertCodec, type Codec, jsonCodec } from './codec.ts'
import { type EncryptionKey, keyRing } from './encryption-keys.ts'

export interface EncryptedCodecOptions {
  /** The newest first: it encrypts, and all of them decrypt. 32 random bytes each, as bytes, hexadecimal or base64. */
  readonly keys: readonly EncryptionKey[]
  /** How data becomes the text that is encrypted. Default `jsonCodec`. */
  readonly codec?: Codec
  /**
   * `true`: also reads text that is not encrypted. `'write'`: writes such text as well, and reads both. Only for the time
   * in which encryption is turned on or off. Default false.
   */
  readonly allowPlaintext?: boolean | 'write'
}

const ALGORITHM = 'aes-256-gcm'
const PREFIX = 'aes256gcm.'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Encrypts session data where it is stored, with AES-256-GCM and a random nonce of 96 bits for every write. The text
 * opens in the record that it was written to and in no other, and not at all once anything of it was changed. Each
 * write uses the first key, so old keys can be dropped once every session has been written since or has ended.
 *
 * `encode` and `decode` are those of `codec`: merging compares what is encoded, and only what is stored is encrypted.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * import { randomBytes } from 'node:crypto'
 * import { createSessions, encryptedCodec } from '@leeway/core'
 * import { memoryStore } from '@leeway/core/memory'
 *
 * const records = new Map()
 * const sessions = createSessions({
 *   store: memoryStore({ records }),
 *   codec: encryptedCodec({ keys: [randomBytes(32)] }), // from a secret store, as bytes, hexadecimal or base64
 *   initialData: () => ({ email: '' }),
 * })
 * const session = await sessions.open()
 * session.data.email = 'alice@example.com'
 * const { token } = await session.save()
 * console.log((await sessions.open(token)).data.email) // alice@example.com
 * console.log(JSON.stringify([...records.values()]).includes('alice')) // false
 * await sessions.close()
 */
export function encryptedCodec(options: EncryptedCodecOptions): Codec {
  assertKnownOptions(options, ['keys', 'codec', 'allowPlaintext'], 'encryptedCodec')
  const { keys, codec = jsonCodec, allowPlaintext = false } = options
  assertCodec(codec)
  if (codec.seal) throw wrong('codec must be one that does not encrypt')
  if (typeof allowPlaintext !== 'boolean' && allowPlaintext !== 'write') {
    throw wrong("allowPlaintext must be true, false or 'write'")
  }
  const ring = keyRing(keys)
  const [[newestId, newest] = []] = ring
  if (newestId === undefined || newest === undefined) throw wrong('keys must hold a key')
  return {
    encode: (value, path) => codec.encode(value, path),
    decode: (text) => codec.decode(text),
    seal: (text, id) => (allowPlaintext === 'write' ? text : `${PREFIX}${newestId}.${encrypt(newest, text, id)}`),
    unseal(sealed, id) {
      if (!sealed.startsWith(PREFIX)) {
        if (allowPlaintext) return sealed
        throw unreadable('the stored session data is not encrypted, and allowPlaintext is off', id)
      }
      const [keyId = '', encrypted = ''] = sealed.slice(PREFIX.length).split(/\.(.*)/s)
      const key = ring.get(keyId)
      if (!key) throw unreadable('the stored session data was encrypted with a key that is not among keys', id)
      return decrypt(key, encrypted, id)
    },
  }
}

function encrypt(key: KeyObject, text: string, id: SessionId): string {
  // UTF-8 would replace a lone surrogate, and the store would never see it to refuse it.
  if (!text.isWellFormed()) {
    throw new LeewayError('ERR_INVALID_PAYLOAD', 'the codec gave text that is not well-formed Unicode', {
      operation: 'save',
      id,
    })
  }
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(id))
  const encrypted = [cipher.update(text, 'utf8'), cipher.final()]
  return Buffer.concat([nonce, ...encrypted, cipher.getAuthTag()]).toString('base64url')
}

function decrypt(key: KeyObject, encrypted: string, id: SessionId): string {
  const bytes = Buffer.from(encrypted, 'base64url')
  // Decoding forgives characters and bits that do not count; here none is to be changed unnoticed.
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== encrypted) throw tampered(id)
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(id)).setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch {
    throw tampered(id)
  }
}

function tampered(id: SessionId): LeewayError {
  return unreadable('the stored session data was changed, or belongs to another record', id)
}

function unreadable(message: string, id: SessionId): LeewayError {
  return new LeewayError('ERR_INVALID_RECORD', message, { operation: 'load', id })
}

function wrong(message: string): LeewayError {
  return new LeewayError('ERR_INVALID_OPTION', message, { operation: 'encryptedCodec' })
}
