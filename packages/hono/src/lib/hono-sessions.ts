import type { Sessions } from '@leeway/core'
import {
  type Exchange,
  type HttpOptions,
  httpSessions,
  type Opened,
  type OutageAnswer,
  type OutageDecision,
} from '@leeway/core/http'
import type { Context, MiddlewareHandler } from 'hono'
import { answerFailure, asException, bring, takeBack } from './answers.ts'

/**
 * What the middleware gives to the handlers behind it. Name it where Hono cannot infer it, such as in an application
 * made of several files: `new Hono<SessionEnv<Data>>()`, or a helper's `(c: Context<SessionEnv<Data>>) => ...`.
 */
export interface SessionEnv<Data extends object, Outage = 'fail', Flash extends object = Record<string, unknown>> {
  Variables: {
    /** There may be none where `onStoreFailure` lets requests go on. */
    session: Opened<Data, Outage, Flash>
  }
}

/** Sessions in Hono: see {@link honoSessions}. */
export interface HonoSessions<Data extends object, Outage, Flash extends object = Record<string, unknown>> {
  /**
   * Opens the session before the next handler, as `c.var.session`, and saves it once the handler has answered, before
   * anything is sent. Where it runs twice for a request, the first time counts.
   *
   * Where the handler failed, and was answered for with 4xx or 5xx, nothing is saved. What it stored itself stays, and
   * after a login even the answer to the error brings the new cookie, since the old one is dead.
   *
   * Where the session cannot be opened or saved, it throws: an `HTTPException` with status 503 where the store is in
   * trouble and 409 where another request got there first, whose `cause` is leeway's error, and the error itself where it
   * is the application's own. Leeway's errors in a handler have the same answers, unless an `onError` of the application
   * answers with anything but 500.
   */
  readonly middleware: MiddlewareHandler<SessionEnv<Data, Outage, Flash>>
}

/**
 * Middleware for Hono. Register it before what changes answers as a whole (`etag`, `cache`, `compress`), and after what
 * needs no session, such as static files: it opens the session of every request that reaches it. Without a cookie that
 * asks no store.
 *
 * @param options the cookie and what happens in an outage; functions among them are given Hono's context
 * @throws `ERR_INVALID_OPTION`
 * @example
 * import { createSessions } from '@leeway/core'
 * import { memoryStore } from '@leeway/core/memory'
 * import { honoSessions } from '@leeway/hono'
 * import { Hono } from 'hono'
 *
 * const sessions = createSessions({ store: memoryStore(), initialData: () => ({ visits: 0 }) })
 * const { middleware } = honoSessions(sessions, { secure: false }) // plain HTTP
 * const app = new Hono().use(middleware).get('/', (c) => c.text(`visit ${++c.var.session.data.visits}`))
 *
 * const first = await app.request('/')
 * const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? ''
 * const second = await app.request('/', { headers: { cookie } })
 * console.log(await second.text()) // visit 2
 * await sessions.close()
 */
export function honoSessions<
  Data extends object,
  Outage extends OutageAnswer | OutageDecision<Context> = 'fail',
  Flash extends object = Record<string, unknown>,
>(
  sessions: Pick<Sessions<Data, Flash>, 'open'>,
  options: HttpOptions<Context, Outage> = {},
): HonoSessions<Data, Outage, Flash> {
  const http = httpSessions<Data, Context, Outage, Flash>(sessions, options)
  const begun = new WeakSet<Context>()
  return {
    async middleware(c, next) {
      if (begun.has(c)) return next()
      begun.add(c)
      const exchange = http.begin(c.req.header('cookie'), c)
      try {
        c.set('session', await exchange.open())
      } catch (error) {
        throw asException(error)
      }
      await next()
      // A redirect of `onError` is an answer like any other, with what it has put into the session.
      if (!c.error || c.res.status < 400) return commit(c, exchange)
      answerFailure(c, c.error)
      bring(c, await exchange.abandon())
    },
  }
}

type Saving = Pick<Exchange<object, Context, unknown>, 'commit'>

async function commit(c: Context, exchange: Saving): Promise<void> {
  try {
    bring(c, await exchange.commit())
  } catch (error) {
    takeBack(c)
    bring(c, await exchange.commit())
    throw asException(error)
  }
}
