import type { DataFormat, Texts } from '../data/data-format.ts'
import { decodeEnvelope, encodeEnvelope, type Header, type SealedSnapshot, type Snapshot } from '../envelope.ts'
import { mintVersion } from '../ids.ts'
import type { Lifetime, StoredSession, Version } from '../store.ts'

const RECENT_VERSIONS = 4

/** What a write sets; the rest of the record follows from it. */
export interface Draft extends Texts {
  readonly header: Header
  readonly owner: string | null
}

/** True if a write of this version is the stored one, or one of the last that led to it. */
export function holds(snapshot: Pick<Snapshot, 'version' | 'header'>, version: Version): boolean {
  return snapshot.version === version || snapshot.header.recent.includes(version)
}

/** `undefined` for a record that is not one of ours. */
export function read(stored: StoredSession): SealedSnapshot | undefined {
  const envelope = decodeEnvelope(stored.payload)
  if (!envelope) return undefined
  const { id, version, owner, expiresAt, purgeAt } = stored
  return { id, version, owner, expiresAt, purgeAt, header: envelope.header, sealed: envelope.text }
}

/** The snapshot as it is stored. */
export function record(snapshot: Snapshot, format: DataFormat): StoredSession {
  const { id, version, owner, expiresAt, purgeAt } = snapshot
  const { header, sealed } = format.seal(snapshot)
  return { id, version, payload: encodeEnvelope(header, sealed), owner, expiresAt, purgeAt }
}

/** The record after a write. As in every store, `purgeAt` never moves back. */
export function successor(current: Snapshot, draft: Draft, lifetime: Lifetime): Snapshot {
  const recent = [current.version, ...current.header.recent].slice(0, RECENT_VERSIONS)
  return {
    id: current.id,
    version: mintVersion(),
    owner: draft.owner,
    header: { ...draft.header, recent },
    raw: draft.raw,
    text: draft.text,
    expiresAt: lifetime.expiresAt,
    purgeAt: Math.max(current.purgeAt, lifetime.purgeAt),
  }
}

/** The later of each instant. */
export function laterOf(a: Lifetime, b: Lifetime): Lifetime {
  return { expiresAt: Math.max(a.expiresAt, b.expiresAt), purgeAt: Math.max(a.purgeAt, b.purgeAt) }
}
