import type { ClientHints } from '../aside.ts'
import type { Millis } from '../clock.ts'
import type { Codec } from '../data/codec.ts'
import type { SealedSnapshot } from '../envelope.ts'
import type { LiveRecord } from '../records/live-record.ts'
import type { SaveStatus } from '../records/record-types.ts'
import type { SessionId } from '../store.ts'
import type { Revocations } from './revocations.ts'

/** What a save came to, and the token to send. */
export interface SaveResult {
  /**
   * `saved`: written. `touched`: nothing had changed, its life was extended. `unchanged`: nothing to do.
   * `superseded`: somebody logged in to the session since; nothing was written. `gone`: logged out or revoked.
   */
  readonly status: SaveStatus
  /** The token for the cookie; null unless this request minted or derived a secret. */
  readonly token: string | null
}

export interface LoginOptions {
  /** When the credentials were checked, in milliseconds since the epoch. Default: when the session was opened. */
  readonly credentialsCheckedAt?: Millis
}

export interface OpenOptions {
  /**
   * What to keep of this request's client beside the session, for `list` to show; nothing unless given. It is written
   * only along with something else, and used for no decision. It is personal data: see docs/options.md.
   */
  readonly client?: ClientHints
}

export interface ListOptions {
  /** Loads each session, for when it began, when it was last seen, and its client. */
  readonly details: true
}

/** What the sessions layer needs for one handle. */
export interface SessionContext {
  readonly now: () => Millis
  readonly revocations: Revocations
  readonly run: <T>(operation: string, work: () => Promise<T>) => Promise<T>
  readonly codec: Codec
  /** A record that is not stored yet, and the secret that will open it. */
  readonly begin: (client: ClientHints | undefined) => { readonly record: LiveRecord; readonly secret: () => string }
  /** Reads the record's header again, if it is still there. */
  readonly reload: (id: SessionId) => Promise<SealedSnapshot | undefined>
}

/** How the request came to the session. */
export interface Opening {
  readonly record: LiveRecord
  /** The secret that the request presented, if it is the current one: what a rotation derives from. */
  readonly presented: string | undefined
  /** A new session, of a request that may have been sent before the login that made its secret wrong. */
  readonly isOvertaken?: boolean
  /** The secret to send: minted for a new session, derived where a rotation is pending. */
  readonly secret: (() => string) | undefined
}
