import type { Codec } from './codec.ts'
import { changedKeys, type Document, decodeDocument, encodeDocument, encodedKeys, withKeysFrom } from './document.ts'

/** Session data in hand after a write: the text that later changes are measured against, and the keys still unsaved. */
export interface Rebased {
  readonly base: string
  readonly unsaved: ReadonlySet<string>
}

const none: ReadonlySet<string> = new Set()

/** After a save of `ours` that stored `stored`: what has changed `here` since `ours` was taken is unsaved. */
export function afterSave(
  codec: Codec,
  texts: { readonly ours: string; readonly here: string; readonly stored: string },
): Rebased {
  return {
    base: texts.stored,
    unsaved: texts.here === texts.ours ? none : changedBetween(codec, texts.ours, texts.here),
  }
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
  const stored = decodeDocument(codec, texts.stored)
  return { base: encodeDocument(codec, withKeysFrom(stored, unsaved, decodeDocument(codec, texts.base))), unsaved }
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

function changedBetween(codec: Codec, before: string, after: string): Set<string> {
  return changedKeys(
    encodedKeys(codec, decodeDocument(codec, before)),
    encodedKeys(codec, decodeDocument(codec, after)),
  )
}
