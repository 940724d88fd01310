import { LeewayError, type Sessions } from '@leeway/core'
import {
  commitBeforeHeaders,
  failureAnswer,
  type HttpOptions,
  httpSessions,
  type NodeAnswer,
  type Opened,
  type OutageAnswer,
  type OutageDecision,
} from '@leeway/core/http'

/** What a request is to the middleware. The requests of Node, Connect and Express are some. */
export interface SessionRequest {
  readonly headers: { readonly cookie?: string | undefined }
}

/** What a response is to the middleware. The responses of Node, Connect and Express are some. */
export interface SessionResponse extends NodeAnswer {
  end(text: string): unknown
}

/** Sessions in Express and Connect: see {@link expressSessions}. */
export interface ExpressSessions<
  Data extends object,
  Request extends SessionRequest,
  Outage,
  Flash extends object = Record<string, unknown>,
> {
  /**
   * Opens the session before the next handler, and has it saved before the headers of the response go out, whoever sends
   * them: a redirect, a stream, an error handler. Where it runs twice for a request, the first time counts.
   *
   * What fails goes to `next`, as Express's error handlers expect it. `error.status` is 503 where the store is in trouble
   * and 409 where another request got there first, so that an application without an error handler answers with it.
   * Where the handler had begun an answer and not ended it, this is answered here, without an error handler.
   */
  middleware(request: Request, response: SessionResponse, next: (error?: unknown) => void): void
  /**
   * The session of a request, the same at every call. There may be none where `onStoreFailure` lets requests go on.
   * @throws `ERR_INVALID_OPTION` where the middleware has not run for the request; with what failed where the session
   * could not be opened, which error handlers may meet
   */
  sessionOf(request: SessionRequest): Opened<Data, Outage, Flash>
}

/** What came of opening the session of a request. */
type Opening<Session> =
  | { readonly isOpen: true; readonly session: Session }
  | { readonly isOpen: false; readonly refusal: unknown }

/**
 * Middleware for Express 5, Express 4 and Connect. Mount it after what needs no session, such as static files: it opens
 * the session of every request that reaches it. Without a cookie that asks no store.
 *
 * @param options the cookie and what happens in an outage. Behind a proxy, `secure` decides by what it says:
 * `(request: Request) => request.secure`, with Express's setting `trust proxy`
 * @throws `ERR_INVALID_OPTION`
 * @example
 * import { createSessions } from '@leeway/core'
 * import { memoryStore } from '@leeway/core/memory'
 * import { expressSessions } from '@leeway/express'
 * import express from 'express'
 *
 * const sessions = createSessions({ store: memoryStore(), initialData: () => ({ visits: 0 }) })
 * const { middleware, sessionOf } = expressSessions(sessions, { secure: false }) // plain HTTP
 * const app = express()
 * app.use(middleware)
 * app.get('/', (request, response) => {
 *   response.send(`visit ${++sessionOf(request).data.visits}`)
 * })
 * const server = app.listen(0, async () => {
 *   const { port } = server.address() as { port: number }
 *   const answer = await fetch(`http://127.0.0.1:${port}/`)
 *   console.log(await answer.text()) // visit 1
 *   server.close(() => sessions.close())
 * })
 */
export function expressSessions<
  Data extends object,
  Request extends SessionRequest = SessionRequest,
  Outage extends OutageAnswer | OutageDecision<Request> = 'fail',
  Flash extends object = Record<string, unknown>,
>(
  sessions: Pick<Sessions<Data, Flash>, 'open'>,
  options: HttpOptions<Request, Outage> = {},
): ExpressSessions<Data, Request, Outage, Flash> {
  const http = httpSessions<Data, Request, Outage, Flash>(sessions, options)
  // No WeakMap of requests: V8 keeps what is in one until the next major collection.
  const opened = Symbol('leeway: opened')
  type Carrier = SessionRequest & { [opened]?: Opening<Opened<Data, Outage, Flash>> }
  return {
    middleware(request, response, next) {
      const carrier: Carrier = request
      if (carrier[opened]?.isOpen) {
        next()
        return
      }
      const exchange = http.begin(request.headers.cookie, request)
      const fail = (error: unknown, isUnfinished = false) => {
        const answer = failureAnswer(error)
        // What the handler had set was for another answer. One that it is still sending nobody else may answer.
        response.statusCode = answer?.status ?? 500
        response.statusMessage = ''
        response.setHeader('Cache-Control', 'no-store')
        if (answer && isUnfinished) response.end(`${answer.message}\n`)
        else next(error)
      }
      exchange.open().then(
        (session) => {
          carrier[opened] = { isOpen: true, session }
          commitBeforeHeaders(exchange, response, fail)
          next()
        },
        (refusal: unknown) => {
          carrier[opened] = { isOpen: false, refusal }
          fail(refusal)
        },
      )
    },
    sessionOf(request: Carrier) {
      const found = request[opened]
      if (found?.isOpen) return found.session
      if (found) throw found.refusal
      throw new LeewayError('ERR_INVALID_OPTION', 'the middleware of these sessions has not run for this request', {
        operation: 'sessionOf',
      })
    },
  }
}
