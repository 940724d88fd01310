import type { Millis } from '../clock.ts'
import type { Credentials, Header } from '../envelope.ts'
import { deriveSecret, hashSecret, mintNonce, sameHash } from './token.ts'

/** Which of a session's secrets a request presented. `retired`: one whose overlap is over, a sign of theft. */
export type Presented = 'current' | 'pending' | 'previous' | 'retired' | 'wrong'

/** A secret on its own: what a new session and a login start with. Whatever opened the session before is dead. */
export function soleSecret(secret: string): Credentials {
  return { current: hashSecret(secret), pending: null, previous: null }
}

/** What a login makes of the header: an epoch of its own, a new absolute end, no first lifetime, and no secret but this one. */
export function loggedIn(secret: string): (header: Header, now: Millis) => Header {
  const credentials = soleSecret(secret)
  return ({ firstIdleMs: _ended, ...header }, now) => ({
    ...header,
    epoch: header.epoch + 1,
    absoluteAt: now + header.absoluteMs,
    credentials,
  })
}

/** Whether the secret is the one that comes next. */
export function isPending(credentials: Credentials | null | undefined, secret: string): boolean {
  return credentials?.pending?.hash === hashSecret(secret)
}

export function recognise(credentials: Credentials, hash: string, now: Millis): Presented {
  const { current, pending, previous } = credentials
  if (sameHash(current, hash)) return 'current'
  if (pending && sameHash(pending.hash, hash)) return 'pending'
  if (previous && sameHash(previous.hash, hash)) return overlaps(credentials, now) ? 'previous' : 'retired'
  return 'wrong'
}

/** Whether the secret from before the last rotation is still honoured. */
export function overlaps({ previous }: Credentials, now: Millis): boolean {
  return previous !== null && now < previous.until
}

/** Starts a rotation: stores the nonce from which whoever knows the current secret derives the next one. */
export function withPending(credentials: Credentials, currentSecret: string): Credentials {
  const nonce = mintNonce()
  return { ...credentials, pending: { nonce, hash: hashSecret(deriveSecret(currentSecret, nonce)) } }
}

/** Completes a rotation once its secret has been presented: the old one lives on for the overlap. */
export function confirmed(credentials: Credentials, now: Millis, overlapMs: Millis): Credentials {
  if (!credentials.pending) return credentials
  return {
    current: credentials.pending.hash,
    pending: null,
    previous: { hash: credentials.current, until: now + overlapMs },
  }
}
