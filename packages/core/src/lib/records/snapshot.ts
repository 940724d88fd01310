import { readAside, withAside } from '../aside.ts'
import { decodeEnvelope, encodeEnvelope, type Header, type Snapshot } from '../envelope.ts'
import { mintVersion } from '../ids.ts'
import type { Lifetime, StoredSession, Version } from '../store.ts'

const RECENT_VERSIONS = 4

/** What a write sets; the rest of the record follows from it. */
export interface Draft {
  readonly header: Header
  readonly text: string
  readonly owner: string | null
}

/** True if a write of this version is the stored one, or one of the last that led to it. */
export function holds(snapshot: Snapshot, version: Version): boolean {
  return snapshot.version === version || snapshot.header.recent.includes(version)
}

/** `undefined` for a record that is not one of ours. */
export function read(stored: StoredSession): Snapshot | undefined {
  const envelope = decodeEnvelope(stored.payload)
  const content = envelope && readAside(envelope.header, envelope.text)
  if (!content) return undefined
  const { id, version, owner, expiresAt, purgeAt } = stored
  return { id, version, owner, expiresAt, purgeAt, ...content }
}

/** The snapshot as it is stored. */
export function record({ id, version, owner, expiresAt, purgeAt, header, text }: Snapshot): StoredSession {
  const { line, body } = withAside(header, text)
  return { id, version, payload: encodeEnvelope(line, body), owner, expiresAt, purgeAt }
}

/** The record after a write. As in every store, `purgeAt` never moves back. */
export function successor(current: Snapshot, draft: Draft, lifetime: Lifetime): Snapshot {
  const recent = [current.version, ...current.header.recent].slice(0, RECENT_VERSIONS)
  return {
    id: current.id,
    version: mintVersion(),
    owner: draft.owner,
    header: { ...draft.header, recent },
    text: draft.text,
    expiresAt: lifetime.expiresAt,
    purgeAt: Math.max(current.purgeAt, lifetime.purgeAt),
  }
}

/** The later of each instant. */
export function laterOf(a: Lifetime, b: Lifetime): Lifetime {
  return { expiresAt: Math.max(a.expiresAt, b.expiresAt), purgeAt: Math.max(a.purgeAt, b.purgeAt) }
}
