import type { SaveStatus } from '../records/record-types.ts'
import { isPending } from './credentials.ts'
import type { Opening, SessionContext } from './session-types.ts'
import { formatToken } from './token.ts'

/** The token of a secret that the request minted and stored. */
export function mintedToken({ record, presented, secret }: Opening): string | null {
  if (!secret || presented !== undefined || !record.stored || record.ended) return null
  return formatToken({ id: record.snapshot.id, secret: secret() })
}

/** The token for the response; null unless the request minted or derived a secret that the browser has yet to bring. */
export async function tokenToSend(
  opening: Opening,
  status: SaveStatus,
  reload: SessionContext['reload'],
): Promise<string | null> {
  if (status === 'gone' || status === 'superseded') return null
  const { record, presented, secret: derive } = opening
  if (presented === undefined || !derive) return mintedToken(opening)
  // Derived, and perhaps outdated by a login or by rotations since: sending it would replace the cookie of those. Once it
  // has been presented the browser has it, and may be about to get the one after it in a response that overtakes this one.
  // Only a write or a touch has checked what is stored.
  const secret = derive()
  const { id } = record.snapshot
  const stored = status === 'unchanged' ? await reload(id) : record.snapshot
  return isPending(stored?.header.credentials, secret) ? formatToken({ id, secret }) : null
}
