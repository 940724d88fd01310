import type { SaveStatus } from '../records/record-types.ts'
import type { Opening, SessionContext } from './session-types.ts'
import { formatToken, hashSecret } from './token.ts'

/** The token for the response; null unless the request minted or derived a secret that still leads to the session. */
export async function tokenToSend(
  { record, presented, secret: make }: Opening,
  status: SaveStatus,
  reload: SessionContext['reload'],
): Promise<string | null> {
  if (!make || !record.stored || status === 'gone' || status === 'superseded') return null
  const secret = make()
  const { id } = record.snapshot
  if (presented !== undefined) {
    // Derived, and perhaps outdated by a login or by two rotations since: sending it would replace the cookie of
    // those. Only a write or a touch has checked what is stored.
    const stored = status === 'unchanged' ? await reload(id) : record.snapshot
    const hash = hashSecret(secret)
    const credentials = stored?.header.credentials
    if (credentials?.current !== hash && credentials?.pending?.hash !== hash) return null
  }
  return formatToken({ id, secret })
}
