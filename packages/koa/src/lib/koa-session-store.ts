import { LeewayError } from '@leeway/core'
import { type DropInOptions, type DropInRecords, type DropInSession, dropInRecords } from '@leeway/core/records'

/** koa-session has a store keep what its cookie opens for this much longer than the cookie. */
const AFTER_COOKIE_MS = 10_000

/** What koa-session passes beside key and session. `ctx` is the request's context, the same from `get` to `set`. */
export interface StoreCall {
  readonly ctx?: object
}

/** What koa-session stores: the session's keys, and its own `_expire`, `_maxAge` and `_session`. */
export type StoredKoaSession = Record<string, unknown>

/** A store for koa-session: see {@link koaSessionStore}. */
export interface KoaSessionStore
  extends Pick<DropInRecords, 'count' | 'clear' | 'sweep' | 'startSweeper' | 'close' | typeof Symbol.asyncDispose> {
  /** The live session under the key. Without `ctx` it is only read. @throws store errors */
  get(key: string, maxAge?: number | 'session', call?: StoreCall): Promise<StoredKoaSession | undefined>
  /**
   * Writes what this request has changed. Only a session that this request has begun, and not loaded, is created. One that
   * has gone since it was loaded is not brought back, which is no error: `leeway:session:gone` is published.
   *
   * @throws `ERR_UNSUPPORTED` without `ctx`; `ERR_NOT_SERIALIZABLE`, `ERR_PAYLOAD_TOO_LARGE`; store errors
   */
  set(key: string, session: StoredKoaSession, maxAge?: number | 'session', call?: StoreCall): Promise<void>
  /** Once resolved, no request that is under way brings the session back. Idempotent. @throws store errors */
  destroy(key: string, call?: StoreCall): Promise<void>
}

/**
 * A store for koa-session 6.4 and 7, as its option `store`. koa-session has keys and cookies; the sessions are leeway's:
 * a request that is under way during a logout does not bring the session back, two that change different keys both keep
 * their change, and the store holds digests of the keys.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * import { memoryStore } from '@leeway/core/memory'
 * import { koaSessionStore } from '@leeway/koa'
 * import Koa from 'koa'
 * import session from 'koa-session'
 *
 * const store = koaSessionStore({ store: memoryStore() })
 * const app = new Koa()
 * app.keys = ['a secret that signs the cookie']
 * app.use(session({ store }, app))
 * app.use((ctx) => {
 *   ctx.session.visits = (ctx.session.visits ?? 0) + 1
 *   ctx.body = `visit ${ctx.session.visits}`
 * })
 * const server = app.listen(0, async () => {
 *   const { port } = server.address() as { port: number }
 *   const answer = await fetch(`http://127.0.0.1:${port}/`)
 *   console.log(await answer.text()) // visit 1
 *   server.close(() => store.close())
 * })
 */
export function koaSessionStore(options: DropInOptions): KoaSessionStore {
  const records = dropInRecords(options)
  /** What each request has loaded and begun, by key. */
  const requests = new WeakMap<object, Map<string, DropInSession>>()

  const heldBy = (ctx: object): Map<string, DropInSession> => {
    const held = requests.get(ctx) ?? new Map<string, DropInSession>()
    requests.set(ctx, held)
    return held
  }

  return {
    async get(key, _maxAge, { ctx } = {}) {
      const found = await records.find(key)
      if (!found) return undefined
      if (ctx) heldBy(ctx).set(key, found.session)
      // koa-session checks and renews by what the record knows better.
      if (found.data._session === true) return found.data
      return { ...found.data, _expire: found.expiresAt - AFTER_COOKIE_MS }
    },
    async set(key, { _expire, ...session }, maxAge, { ctx } = {}) {
      if (!ctx) {
        throw new LeewayError('ERR_UNSUPPORTED', "set needs the request's ctx, as koa-session 6.4 and 7 pass it", {
          operation: 'set',
        })
      }
      const held = heldBy(ctx)
      const hold = held.get(key) ?? records.begin(key)
      held.set(key, hold)
      await hold.set(session, typeof maxAge === 'number' ? maxAge : undefined)
    },
    destroy: (key) => records.destroy(key),
    count: () => records.count(),
    clear: () => records.clear(),
    sweep: (batch) => records.sweep(batch),
    startSweeper: (schedule) => records.startSweeper(schedule),
    close: () => records.close(),
    [Symbol.asyncDispose]: () => records.close(),
  }
}
