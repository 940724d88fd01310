import { type Clock, LeewayError, type Millis } from '@leeway/core'
import { redactId } from '@leeway/core/adapter'
import { idleTimeoutOf, storedCookie } from '../stored-cookie.ts'

type Callback = (error?: unknown, value?: unknown) => void

/** What of an express-session store a migration calls. Every store for express-session fits. */
export interface OldSessionStore {
  get(sid: string, callback: (error: unknown, session?: object | null) => void): unknown
  destroy(sid: string, callback?: (error?: unknown) => void): unknown
  clear?(callback?: (error?: unknown) => void): unknown
}

/** A session of the old store. */
export interface OldSession {
  readonly data: Record<string, unknown>
  /** How long it lives without use; `undefined` where its cookie has no expiry. */
  readonly idleTimeoutMs: number | undefined
}

/** The store that sessions are moved from, with promises. Its failures are failures of the store, never absent sessions. */
export class OldStore {
  readonly #store: OldSessionStore
  readonly #clock: Clock
  readonly #timeoutMs: Millis

  constructor(store: OldSessionStore, clock: Clock, timeoutMs: Millis) {
    this.#store = store
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /** @throws `ERR_STORE_FAILED`; `ERR_STORE_TIMEOUT` */
  async get(sid: string): Promise<OldSession | undefined> {
    const session = await this.#call('load', sid, (done) => this.#store.get(sid, done))
    if (typeof session !== 'object' || session === null) return undefined
    const { cookie, ...data } = session as Record<string, unknown>
    const { expires } = Object(cookie)
    if (expires != null && !(new Date(expires).getTime() > Date.now())) return undefined
    const stored = storedCookie(cookie, undefined)
    return { data: { ...data, cookie: stored }, idleTimeoutMs: idleTimeoutOf(stored) }
  }

  /** @throws `ERR_STORE_FAILED`; `ERR_STORE_TIMEOUT` */
  async destroy(sid: string): Promise<void> {
    await this.#call('destroy', sid, (done) => this.#store.destroy(sid, done))
  }

  /** @throws `ERR_UNSUPPORTED` where the old store cannot; `ERR_STORE_FAILED`; `ERR_STORE_TIMEOUT` */
  async clear(): Promise<void> {
    if (!this.#store.clear) {
      throw new LeewayError('ERR_UNSUPPORTED', 'the store that sessions are moved from cannot be cleared', {
        operation: 'clear',
      })
    }
    await this.#call('clear', undefined, (done) => this.#store.clear?.(done))
  }

  /** A client of Redis without a connection may wait for ever. */
  #call(operation: string, sid: string | undefined, start: (callback: Callback) => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.setTimer(() => {
        const message = `the store that sessions are moved from did not answer within ${this.#timeoutMs} ms`
        reject(new LeewayError('ERR_STORE_TIMEOUT', message, { operation }))
      }, this.#timeoutMs)
      call(operation, sid, start).finally(cancel).then(resolve, reject)
    })
  }
}

/** Calls with a callback. The code `ENOENT` says, by express-session's convention, that there is no such session. */
function call(operation: string, sid: string | undefined, start: (callback: Callback) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const failed = (error: unknown) => {
      const cause = sid === undefined ? error : withoutSid(error, sid)
      reject(
        new LeewayError('ERR_STORE_FAILED', `the store that sessions are moved from failed to ${operation}`, {
          operation,
          cause,
        }),
      )
    }
    try {
      const answer = start((error, value) => {
        if (error && Object(error).code !== 'ENOENT') failed(error)
        else resolve(error ? undefined : value)
      })
      // Some return promises as well, whose rejections would go unhandled.
      if (answer instanceof Promise) answer.catch(failed)
    } catch (error) {
      failed(error)
    }
  })
}

/** What the store said, with the id shortened: it opens the session, and stores have it in paths, keys and commands. */
function withoutSid(error: unknown, sid: string): Error {
  const redacted = (text: string) =>
    text.replaceAll(sid, redactId(sid)).replaceAll(encodeURIComponent(sid), redactId(sid))
  if (!(error instanceof Error)) return new Error(redacted(String(error)))
  const cause = new Error(redacted(error.message))
  cause.name = error.name
  cause.stack = redacted(error.stack ?? '')
  const code: unknown = Reflect.get(error, 'code')
  return typeof code === 'string' ? Object.assign(cause, { code }) : cause
}
