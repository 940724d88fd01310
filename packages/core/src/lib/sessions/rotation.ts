import { publish } from '../events.ts'
import type { LiveRecord } from '../records/live-record.ts'
import type { SaveStatus } from '../records/record-types.ts'
import { overlaps, withPending } from './credentials.ts'
import { deriveSecret, hashSecret } from './token.ts'

/** What a rotation came to, and, where the session is still that of the request, the secret that comes next, if any. */
type Rotation =
  | { readonly status: SaveStatus }
  | { readonly status: SaveStatus; readonly secret: (() => string) | undefined }

/**
 * Stores a pending secret, where the presented one is current and no other is pending. Not while the secret before it is
 * still honoured: the next rotation would end that overlap, and log out requests that carry it.
 */
export async function rotated(record: LiveRecord, presented: string): Promise<Rotation> {
  const hash = hashSecret(presented)
  const outcome = await record.alter('rotate', ({ header }, now) => {
    const { credentials } = header
    if (credentials?.current !== hash || credentials.pending || overlaps(credentials, now)) return undefined
    return { ...header, credentials: withPending(credentials, presented) }
  })
  const { status } = outcome
  if (!('snapshot' in outcome)) return { status }
  const { id, owner, header } = outcome.snapshot
  if (status === 'saved') publish('leeway:session:rotate', () => ({ id, owner }))
  const nonce = header.credentials?.current === hash ? header.credentials.pending?.nonce : undefined
  return { status, secret: nonce === undefined ? undefined : () => deriveSecret(presented, nonce) }
}
