import type { ClientHints } from '../aside.ts'
import type { Header } from '../envelope.ts'

/** What a write, whatever its reason, tells of the request that makes it: its client, and that somebody has come back. */
export function seen(
  header: Header,
  request: { readonly client: ClientHints | undefined; readonly returns: boolean },
): Header {
  const { client = header.client, returns } = request
  if (header.firstIdleMs === undefined && client === header.client) return header
  const { firstIdleMs, ...lasting } = header
  return {
    ...lasting,
    ...(firstIdleMs !== undefined && !returns && { firstIdleMs }),
    ...(client !== undefined && { client }),
  }
}
