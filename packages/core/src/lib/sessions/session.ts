import { assertKnownOptions } from '../adapter/checks.ts'
import type { Millis } from '../clock.ts'
import type { Document } from '../data/document.ts'
import { LeewayError } from '../errors.ts'
import type { SaveStatus } from '../records/record-types.ts'
import type { SessionId } from '../store.ts'
import { retimedHeader, type SessionTimeouts } from '../timeouts.ts'
import { loggedIn } from './credentials.ts'
import { flashed, taken } from './flash.ts'
import { assertCheckedAt, assertOwnerId } from './owner-id.ts'
import { rotated } from './rotation.ts'
import type { LoginOptions, Opening, SaveResult, SessionContext } from './session-types.ts'
import { mintSecret } from './token.ts'
import { mintedToken, tokenToSend } from './token-to-send.ts'

/**
 * One request's hold on a session. Made by `sessions.open`; not for use across requests.
 *
 * `data` is plain, typed and mutable. Nothing is stored before `save`, `update`, `login` or `rotate`.
 */
export class Session<Data extends object = Record<string, unknown>, Flash extends object = Record<string, unknown>> {
  readonly #context: SessionContext
  readonly #openedAt: Millis
  /** Its record's turns are those of this handle for good, also where a login replaces the record. */
  readonly #opening: Opening
  readonly #retimings: ReturnType<typeof retimedHeader>[] = []
  #current: Opening
  #isNew: boolean
  #isDestroyed = false

  /** @internal Sessions are made by `sessions.open`. */
  constructor(context: SessionContext, opening: Opening) {
    this.#context = context
    this.#openedAt = context.now()
    this.#opening = opening
    this.#current = opening
    this.#isNew = !opening.record.stored
  }

  /** True if the request brought no live session. */
  get isNew(): boolean {
    return this.#isNew
  }

  /** Names the session for its whole life; changes only where a login replaces another owner's session. Not a credential. */
  get id(): SessionId {
    return this.#current.record.snapshot.id
  }

  /** Who is logged in. Null once the session has ended, a login that was refused with `ERR_REVOKED` included. */
  get owner(): string | null {
    return this.#current.record.ended ? null : this.#current.record.snapshot.owner
  }

  get createdAt(): Millis {
    return this.#current.record.snapshot.header.createdAt
  }

  /** The session is not served at or after this instant, unless a save moves it. */
  get expiresAt(): Millis {
    return this.#current.record.snapshot.expiresAt
  }

  /** The end that use does not move. */
  get absoluteExpiresAt(): Millis {
    return this.#current.record.snapshot.header.absoluteAt
  }

  /** For how long the session can live at most from now, in milliseconds: what a cookie that outlasts the browser is kept for. */
  get remainingMs(): Millis {
    return Math.max(0, this.absoluteExpiresAt - this.#context.now())
  }

  /** True where the request brought a secret that a login replaced moments ago, and has not logged in itself: bindings store no new session for it, whose cookie would replace that of the login. */
  get isOvertaken(): boolean {
    return this.#opening.isOvertaken === true && this.owner === null
  }

  /** True once `destroy` has resolved here: only the answer to such a request takes the cookie away. */
  get isDestroyed(): boolean {
    return this.#isDestroyed
  }

  /** The token of a secret that this request minted and stored, whatever became of later saves: bindings send it with the answer to an error. */
  get mintedToken(): string | null {
    return mintedToken(this.#current)
  }

  /** Until this instant a request that loaded the session may still save it; from then on it may be removed. */
  get purgeAt(): Millis {
    return this.#current.record.snapshot.purgeAt
  }

  get data(): Data {
    return this.#current.record.data as Data
  }

  set data(value: Data) {
    this.#current.record.data = value as Document
  }

  /**
   * Writes what has changed, merged key by key with what others saved meanwhile; extends the session's life otherwise.
   * A new session whose data still equals its initial data is not stored.
   *
   * @throws `ERR_CONFLICT` with the keys that another request changed differently; `ERR_NOT_SERIALIZABLE`;
   * `ERR_INVALID_DATA` with the paths that do not fit the schema; `ERR_NEWER_DATA` and `ERR_INVALID_RECORD` for what others
   * have stored meanwhile; `ERR_PAYLOAD_TOO_LARGE`; `ERR_UPDATE_TIMEOUT`; store errors. Nothing is written then.
   */
  save(): Promise<SaveResult> {
    return this.#run('save', async () => {
      const status = await this.#current.record.save()
      return { status, token: await this.#tokenAfter(status) }
    })
  }

  /**
   * Atomic read-modify-write: applies `change` to what is stored, again after every conflict, and resolves with what was
   * stored. `change` must be synchronous and may run more than once. Other unsaved changes of this handle stay unsaved.
   *
   * @throws `ERR_GONE` if the session was logged out or revoked; `ERR_SUPERSEDED` after somebody logged in to it;
   * `ERR_UPDATE_TIMEOUT`; what `save` throws
   * @example
   * await session.update((data) => { data.visits++ })
   */
  update(change: (data: Data) => void): Promise<Data> {
    return this.#run('update', async () => (await this.#current.record.update((data) => change(data as Data))) as Data)
  }

  /**
   * Leaves a value for a later request to take, once, such as a message to show after a redirect. It is stored with the
   * next save, beside the data; values of other requests under the same key stay. The latest 32 of a session are kept.
   * @throws `ERR_NOT_SERIALIZABLE`, `ERR_INVALID_OPTION`
   */
  flash<Key extends keyof Flash & string>(key: Key, value: Flash[Key]): void {
    this.#current.record.later(flashed(this.#context.codec, key, value))
  }

  /**
   * Takes what earlier requests flashed under the key, oldest first: removed in one write, so that of requests at once
   * one gets it and the others nothing. Writes nothing where the session, as loaded, holds none.
   * @throws `ERR_UPDATE_TIMEOUT`, store errors
   */
  takeFlash<Key extends keyof Flash & string>(key: Key): Promise<Flash[Key][]> {
    return this.#run('takeFlash', () => taken(this.#current.record, this.#context.codec, key) as Promise<Flash[Key][]>)
  }

  /**
   * Binds the session to its owner and replaces the secret, in one write: from then on the old cookie opens nothing and
   * requests that loaded the session before cannot write to it (OWASP ASVS 7.2.4). Local changes are saved with it.
   * A session of another owner is destroyed and a fresh one begun, with fresh data.
   *
   * @param ownerId 1 to 255 characters
   * @throws `ERR_CONFLICT` if the session was logged in to, logged out or revoked meanwhile, or a key conflicts;
   * `ERR_REVOKED` if `revokeAll(ownerId)` ran since the credentials were checked, or they were checked longer than
   * `graceMs` ago; `ERR_INVALID_OPTION`; what `save` throws
   */
  async login(ownerId: string, options: LoginOptions = {}): Promise<SaveResult> {
    assertOwnerId(ownerId, 'login')
    assertKnownOptions(options, ['credentialsCheckedAt'], 'login')
    const { credentialsCheckedAt = this.#openedAt } = options
    const checkedAt = assertCheckedAt(credentialsCheckedAt, this.#context.now())
    return this.#run('login', async () => {
      this.#context.revocations.assertRecent(checkedAt)
      if (this.#current.record.stored && this.owner !== null && this.owner !== ownerId) await this.#startOver()
      const secret = mintSecret()
      const status = await this.#current.record.save({ owner: ownerId, header: loggedIn(secret) })
      if (status !== 'saved') {
        throw new LeewayError('ERR_CONFLICT', 'the session was logged in to, logged out or revoked meanwhile', {
          operation: 'login',
          id: this.id,
        })
      }
      try {
        await this.#context.revocations.assertNotSince(ownerId, checkedAt)
      } catch (error) {
        await this.#current.record.abandon()
        throw error
      }
      this.#current = { record: this.#current.record, presented: undefined, secret: () => secret }
      return { status, token: await this.#tokenAfter(status) }
    })
  }

  /**
   * Periodic renewal. Stores a pending secret, which becomes current once a request presents it; the old one lives on
   * for `overlapMs` from then. Does nothing unless this request presented the current secret, nor while the one before it
   * is still honoured, so that it may be called with every request.
   * Where the session has gone or somebody logged in to it, the status says so, and nothing is written.
   *
   * @throws `ERR_UPDATE_TIMEOUT`, store errors
   */
  rotate(): Promise<SaveResult> {
    return this.#run('rotate', async () => {
      const { presented } = this.#current
      if (presented === undefined || this.#current.record.ended) {
        const status = this.#current.record.ended ? 'gone' : 'unchanged'
        return { status, token: await this.#tokenAfter(status) }
      }
      const rotation = await rotated(this.#current.record, presented)
      if ('secret' in rotation) this.#current = { ...this.#current, secret: rotation.secret }
      return { status: rotation.status, token: await this.#tokenAfter(rotation.status) }
    })
  }

  /** Logout: once resolved, nothing brings the session back. Idempotent. */
  destroy(): Promise<{ readonly status: 'destroyed' | 'gone' }> {
    return this.#run('destroy', async () => {
      const status = await this.#current.record.destroy()
      this.#isDestroyed = true
      return { status }
    })
  }

  /**
   * Gives this session timeouts of its own ("remember me"), with the next save. The absolute end counts from that save.
   * @throws `ERR_INVALID_OPTION`
   */
  setTimeouts(timeouts: SessionTimeouts): void {
    const header = retimedHeader(timeouts)
    this.#retimings.push(header)
    this.#current.record.later({ header, creates: false })
  }

  #run<T>(operation: string, work: () => Promise<T>): Promise<T> {
    return this.#context.run(operation, () => this.#opening.record.inTurn(work))
  }

  async #startOver(): Promise<void> {
    const destroyed = await this.#current.record.destroy()
    if (destroyed === 'gone') {
      throw new LeewayError('ERR_CONFLICT', "another owner's session ended while this login replaced it", {
        operation: 'login',
        id: this.id,
      })
    }
    const { record, secret } = this.#context.begin(this.#current.record.client)
    for (const header of this.#retimings) record.later({ header, creates: false })
    this.#current = { record, presented: undefined, secret }
    this.#isNew = true
  }

  #tokenAfter(status: SaveStatus): Promise<string | null> {
    return tokenToSend(this.#current, status, this.#context.reload)
  }
}
