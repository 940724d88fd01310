import { LeewayError } from '../errors.ts'
import type { Codec } from './codec.ts'

/** Session data: a plain object whose top-level keys are merged one by one. */
export type Document = Record<string, unknown>

/** @throws `ERR_NOT_SERIALIZABLE` where the data is no plain object, or holds what the codec refuses. */
export function encodeDocument(codec: Codec, data: unknown): string {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new LeewayError('ERR_NOT_SERIALIZABLE', 'data: session data is a plain object', {
      operation: 'save',
      path: 'data',
    })
  }
  return codec.encode(data, 'data')
}

/** @throws `ERR_INVALID_RECORD` where the text does not decode to an object. */
export function decodeDocument(codec: Codec, text: string): Document {
  let data: unknown
  try {
    data = codec.decode(text)
  } catch {
    // Without a cause: a parser's message quotes the text around the place, which may have been encrypted.
    throw new LeewayError('ERR_INVALID_RECORD', 'the stored session data cannot be decoded', { operation: 'load' })
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new LeewayError('ERR_INVALID_RECORD', 'the stored session data is not an object', { operation: 'load' })
  }
  return data as Document
}

/** The encoded form of each top-level key; an undefined property is absent. */
export function encodedKeys(codec: Codec, document: Document): Map<string, string> {
  const encoded = new Map<string, string>()
  for (const [key, value] of Object.entries(document)) {
    if (value !== undefined) encoded.set(key, codec.encode(value, `data.${key}`))
  }
  return encoded
}

/** The keys whose encoded forms differ between two documents. */
export function changedKeys(before: Map<string, string>, after: Map<string, string>): Set<string> {
  const changed = new Set<string>()
  for (const [key, encoded] of after) if (before.get(key) !== encoded) changed.add(key)
  for (const key of before.keys()) if (!after.has(key)) changed.add(key)
  return changed
}

/** `document` with some keys taken from another, absence included. */
export function withKeysFrom(document: Document, keys: Iterable<string>, other: Document): Document {
  const entries = new Map(Object.entries(document))
  for (const key of keys) {
    if (Object.hasOwn(other, key) && other[key] !== undefined) entries.set(key, other[key])
    else entries.delete(key)
  }
  return Object.fromEntries(entries)
}
