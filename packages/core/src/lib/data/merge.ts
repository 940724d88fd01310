import { LeewayError } from '../errors.ts'
import { publish } from '../events.ts'
import type { SessionId } from '../store.ts'
import { assertSynchronous } from '../synchronous.ts'
import type { Codec } from './codec.ts'
import { changedKeys, type Document, decodeDocument, encodeDocument, encodedKeys, withKeysFrom } from './document.ts'

/** The three values of a key that two requests changed differently. `undefined` means that the key is absent. */
export interface ConflictingValues {
  readonly base: unknown
  readonly ours: unknown
  readonly theirs: unknown
}

/**
 * Decides a key that two requests changed differently: the value to store, or `undefined` to delete the key. Synchronous,
 * and asked again after every conflict.
 */
export type ConflictResolver = (key: string, values: ConflictingValues) => unknown

/** `'overwrite'` lets the later save win; it has to be asked for. */
export type OnConflict = ConflictResolver | 'overwrite'

export interface Merged {
  readonly text: string
  /** The keys whose stored values, changed by another request, give way. */
  readonly overwritten: readonly string[]
}

/**
 * Merges what this request changed since `base` into what is stored now, key by key: changed only here, ours; changed
 * only there, theirs; changed on both sides to different values, `onConflict` or a rejection. Keys that were not
 * changed here are never written from memory (connect-redis 6.1.0 to 6.1.3 lost data that way).
 *
 * @throws `ERR_CONFLICT` with the keys; `ERR_INVALID_OPTION` where `onConflict` answers with a promise
 */
export function mergeText(
  codec: Codec,
  texts: { readonly base: string; readonly ours: string; readonly theirs: string },
  onConflict: OnConflict | undefined,
): Merged {
  if (texts.theirs === texts.base || texts.theirs === texts.ours) return { text: texts.ours, overwritten: [] }
  if (texts.ours === texts.base) return { text: texts.theirs, overwritten: [] }
  const base = decodeDocument(codec, texts.base)
  const ours = decodeDocument(codec, texts.ours)
  const theirs = decodeDocument(codec, texts.theirs)
  const encoded = { base: encodedKeys(codec, base), ours: encodedKeys(codec, ours), theirs: encodedKeys(codec, theirs) }
  const changedHere = changedKeys(encoded.base, encoded.ours)
  const conflicts: string[] = []
  const overwritten: string[] = []
  for (const key of changedHere) {
    const stored = encoded.theirs.get(key)
    if (stored === encoded.base.get(key) || stored === encoded.ours.get(key)) continue
    if (onConflict === 'overwrite') overwritten.push(key)
    else if (onConflict) {
      const value = onConflict(key, { base: own(base, key), ours: own(ours, key), theirs: own(theirs, key) })
      assertSynchronous(value, 'onConflict', 'save')
      ours[key] = value
    } else conflicts.push(key)
  }
  if (conflicts.length > 0) {
    throw new LeewayError(
      'ERR_CONFLICT',
      `another request changed the same keys differently: ${conflicts.join(', ')}`,
      {
        operation: 'save',
        keys: conflicts,
      },
    )
  }
  return { text: encodeDocument(codec, withKeysFrom(theirs, changedHere, ours)), overwritten }
}

/** What the document itself holds under a key such as `toString`, and not what it inherits. */
function own(document: Document, key: string): unknown {
  return Object.hasOwn(document, key) ? document[key] : undefined
}

/** Tells of a merge, once it has been stored, that took the place of what another request had stored. */
export function publishOverwrite(
  id: SessionId,
  { overwritten }: Pick<Merged, 'overwritten'> = { overwritten: [] },
): void {
  if (overwritten.length > 0) publish('leeway:session:overwrite', () => ({ id, keys: overwritten }))
}
