import { assertKnownOptions } from '../adapter/checks.ts'
import type { ClientHints } from '../aside.ts'
import { LeewayError } from '../errors.ts'

const LONGEST = 255

/** What of the hints is kept; `undefined` where there is none. @throws `ERR_INVALID_OPTION` */
export function keptHints(client: ClientHints | undefined): ClientHints | undefined {
  if (client === undefined) return undefined
  assertKnownOptions(client, ['userAgent', 'address'], 'open')
  const [userAgent, address] = [kept(client.userAgent, 'userAgent'), kept(client.address, 'address')]
  if (userAgent === undefined && address === undefined) return undefined
  return { ...(userAgent !== undefined && { userAgent }), ...(address !== undefined && { address }) }
}

function kept(hint: unknown, name: string): string | undefined {
  if (hint === undefined) return undefined
  if (typeof hint !== 'string') {
    throw new LeewayError('ERR_INVALID_OPTION', `client.${name} must be a string`, { operation: 'open' })
  }
  return hint.slice(0, LONGEST).toWellFormed()
}
