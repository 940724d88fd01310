import { readToken, type SetCookieOptions, setCookie } from '../cookie.ts'
import type { Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions-api.ts'
import { within } from '../within.ts'
import { isOutage } from './failures.ts'
import type { Opened, ResolvedHttpOptions } from './options.ts'

/** One request and its answer: opens the session at most once, and saves it at most once. */
export class Exchange<Data extends object, Request, Outage, Flash extends object = Record<string, unknown>> {
  readonly #sessions: Pick<Sessions<Data, Flash>, 'open'>
  readonly #options: ResolvedHttpOptions<Request>
  readonly #request: Request
  readonly #cookie: SetCookieOptions
  readonly #token: string | undefined
  #opening: Promise<Session<Data, Flash> | undefined> | undefined
  #session: Session<Data, Flash> | undefined
  #committed: Promise<string | undefined> | undefined

  /** @internal Exchanges are made by `begin`. */
  constructor(
    sessions: Pick<Sessions<Data, Flash>, 'open'>,
    options: ResolvedHttpOptions<Request>,
    cookieHeader: string | null | undefined,
    request: Request,
  ) {
    this.#sessions = sessions
    this.#options = options
    this.#request = request
    this.#cookie = options.cookieFor(request)
    this.#token = readToken(cookieHeader, this.#cookie)
  }

  /** The session, once `open` has resolved with one. */
  get session(): Session<Data, Flash> | undefined {
    return this.#session
  }

  /**
   * The request's session, the same at every call. Without a cookie the store is not asked. Resolves with nothing where
   * the store failed and `onStoreFailure` lets the request go on: it is not to be treated as a new visitor's.
   *
   * @throws the store's error otherwise, to be answered with 503
   */
  open(): Promise<Opened<Data, Outage, Flash>> {
    this.#opening ??= this.#open()
    return this.#opening as Promise<Opened<Data, Outage, Flash>>
  }

  /**
   * Saves the session, if it was opened: call it once the handler is done, before the response's headers go out.
   * Resolves with the `Set-Cookie` header to send, if there is one: where this request minted or derived a secret, or
   * destroyed the session. Nothing is sent, and the browser's cookie left alone, where the session was logged out,
   * revoked or logged in to meanwhile; nor is a new session stored for a request that came with the cookie from right
   * before a login, which would replace the one of the login. Another call saves nothing more; after one that rejected it resolves with the
   * header that goes with the answer to the error.
   *
   * @throws what `save` throws; a failing store's error only where `onStoreFailure` does not let the request go on
   */
  commit(): Promise<string | undefined> {
    if (!this.#opening) return Promise.resolve(undefined)
    this.#committed ??= this.save().catch((error: unknown) => {
      this.#committed = Promise.resolve(this.#done())
      throw error
    })
    return this.#committed
  }

  /**
   * What `commit` does, at every call: for frameworks in which a request may save more than once and sends the header of
   * the last time.
   *
   * @throws what `commit` throws
   */
  async save(): Promise<string | undefined> {
    // Whoever opened it has been told why it could not be.
    const session = this.#session ?? (await this.#opening?.catch(() => undefined))
    if (!session || (session.isOvertaken && !session.isDestroyed)) return undefined
    try {
      const { token } = await this.#inTime('save', session.save())
      return this.#header(session, token)
    } catch (error) {
      this.#goOnOrThrow(error)
      return this.#done()
    }
  }

  /**
   * In place of `commit`, where the handler failed: saves nothing. Resolves with the `Set-Cookie` header for what the
   * handler itself had stored: after a login the old cookie is dead, so the answer to an error has to bring the new one.
   */
  abandon(): Promise<string | undefined> {
    this.#committed ??= Promise.resolve(this.#done())
    return this.#committed
  }

  async #open(): Promise<Session<Data, Flash> | undefined> {
    const client = this.#options.client?.(this.#request)
    try {
      this.#session = await this.#inTime('load', this.#sessions.open(this.#token, client && { client }))
    } catch (error) {
      this.#goOnOrThrow(error)
    }
    return this.#session
  }

  /** The header for what has been stored so far. */
  #done(): string | undefined {
    return this.#session && this.#header(this.#session, this.#session.mintedToken)
  }

  #header(session: Session<Data, Flash>, token: string | null): string | undefined {
    if (session.isDestroyed) return setCookie(null, this.#cookie)
    if (token === null || session.isOvertaken) return undefined
    return setCookie(
      token,
      this.#options.isFixed(session) ? { ...this.#cookie, maxAgeMs: session.remainingMs } : this.#cookie,
    )
  }

  #inTime<T>(operation: string, work: Promise<T>): Promise<T> {
    return within(work, this.#options.storeTimeoutMs, this.#options.clock, operation)
  }

  #goOnOrThrow(error: unknown): void {
    if (isOutage(error) && this.#options.outage(error, this.#request) === 'anonymous') return
    throw error
  }
}
