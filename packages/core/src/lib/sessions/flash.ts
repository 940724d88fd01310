import type { Flashed } from '../aside.ts'
import type { Codec } from '../data/codec.ts'
import { LeewayError } from '../errors.ts'
import type { Later } from '../records/later.ts'
import type { LiveRecord } from '../records/live-record.ts'

/** A session whose flash values nobody takes keeps the latest, so that it does not grow for ever. */
const KEPT = 32

/** The change that adds a value. Others add theirs beside it. @throws `ERR_INVALID_OPTION`; `ERR_NOT_SERIALIZABLE` */
export function flashed(codec: Codec, key: string, value: unknown): Later {
  assertKey(key, 'flash')
  const added: Flashed = [key, codec.encode(value, `flash.${key}`)]
  return { creates: true, header: (header) => ({ ...header, flash: [...(header.flash ?? []), added].slice(-KEPT) }) }
}

/** Removes the values under the key, and resolves with them if it was this write that removed them. */
export async function taken(record: LiveRecord, codec: Codec, key: string): Promise<unknown[]> {
  assertKey(key, 'takeFlash')
  const isTheirs = ([other]: Flashed) => other !== key
  if (record.ended || (record.snapshot.header.flash ?? []).every(isTheirs)) return []
  let texts: readonly string[] = []
  const outcome = await record.alter('takeFlash', ({ header }) => {
    const { flash = [], ...others } = header
    const left = flash.filter(isTheirs)
    texts = flash.filter((one) => !isTheirs(one)).map(([, text]) => text)
    if (texts.length === 0) return undefined
    return left.length > 0 ? { ...others, flash: left } : others
  })
  return outcome.status === 'saved' ? texts.map((text) => decoded(codec, text)) : []
}

function decoded(codec: Codec, text: string): unknown {
  try {
    return codec.decode(text)
  } catch (cause) {
    throw new LeewayError('ERR_INVALID_RECORD', 'a flash value cannot be decoded', { operation: 'takeFlash', cause })
  }
}

function assertKey(key: unknown, operation: string): asserts key is string {
  if (typeof key !== 'string' || key === '') {
    throw new LeewayError('ERR_INVALID_OPTION', 'the key of a flash value is a text', { operation })
  }
}
