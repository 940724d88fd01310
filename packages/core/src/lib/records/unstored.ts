import type { Snapshot } from '../envelope.ts'
import { lifetimeAt } from '../expiry.ts'
import { mintId } from '../ids.ts'
import type { RecordKeeper } from './keeper.ts'
import type { Origin } from './record-types.ts'

/** The record as it would be created now, under an id of its own unless one was given; or as it was loaded. */
export function unstored(origin: Origin, { now, graceMs }: Pick<RecordKeeper, 'now' | 'graceMs'>): Snapshot {
  if ('snapshot' in origin) return origin.snapshot
  const { id = mintId(), initialText, draft } = origin
  const fresh = draft(initialText)
  return { id, version: '', ...fresh, ...lifetimeAt(now(), fresh.header, graceMs) }
}
