import type { Codec } from './codec.ts'
import { changedKeys, type Document, decodeDocument, encodeDocument, encodedKeys, withKeysFrom } from './document.ts'

/** Session data in hand after a write: the text that later changes are measured against, and the keys still unsaved. */
export interface Rebased {
  readonly base: string
  readonly unsaved: ReadonlySet<string>
}

const none: ReadonlySet<string> = new Set()

/**
 * After a save of `ours`, which the merge made into `merged` and the schema into `stored`: what has changed `here` since
 * `ours` was taken is unsaved. Where the merge took such a key from others, it keeps the base that it had: whoever changed
 * it here has not seen theirs, and a later save still has to.
 */
export function afterSave(
  codec: Codec,
  texts: { readonly ours: string; readonly here: string; readonly merged: string; readonly stored: string },
): Rebased {
  if (texts.here === texts.ours) return { base: texts.stored, unsaved: none }
  const unsaved = changedBetween(codec, texts.ours, texts.here)
  const taken = changedBetween(codec, texts.ours, texts.merged)
  const unseen = new Set([...unsaved].filter((key) => taken.has(key)))
  return { base: withBase(codec, texts.stored, unseen, texts.ours), unsaved }
}

/**
 * After an update that turned `before` into `stored`: what had changed `here` since `base` is unsaved, except for keys
 * that the update wrote. Unsaved keys keep their old base, so that a later save still sees who else changed them.
 */
export function afterUpdate(
  codec: Codec,
  texts: { readonly base: string; readonly here: string; readonly before: string; readonly stored: string },
): Rebased {
  if (texts.here === texts.base) return { base: texts.stored, unsaved: none }
  const unsaved = changedBetween(codec, texts.base, texts.here)
  for (const key of changedBetween(codec, texts.before, texts.stored)) unsaved.delete(key)
  return { base: withBase(codec, texts.stored, unsaved, texts.base), unsaved }
}

/** Brings `data`, whose text is `here`, to what is stored, in place and without touching unsaved keys. */
export function takeOver(
  codec: Codec,
  data: Document,
  texts: { readonly here: string; readonly stored: string },
  unsaved: ReadonlySet<string>,
): void {
  if (texts.here === texts.stored) return
  const document = decodeDocument(codec, texts.stored)
  for (const key of changedBetween(codec, texts.here, texts.stored)) {
    if (unsaved.has(key)) continue
    if (Object.hasOwn(document, key)) data[key] = document[key]
    else delete data[key]
  }
}

/** What is stored, but for keys whose changes here are measured against something else. */
function withBase(codec: Codec, stored: string, keys: ReadonlySet<string>, base: string): string {
  if (keys.size === 0) return stored
  return encodeDocument(codec, withKeysFrom(decodeDocument(codec, stored), keys, decodeDocument(codec, base)))
}

function changedBetween(codec: Codec, before: string, after: string): Set<string> {
  return changedKeys(
    encodedKeys(codec, decodeDocument(codec, before)),
    encodedKeys(codec, decodeDocument(codec, after)),
  )
}
