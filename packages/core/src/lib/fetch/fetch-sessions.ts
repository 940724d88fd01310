import type { Exchange } from '../http/exchange.ts'
import { failureAnswer, type OutageAnswer, type OutageDecision } from '../http/failures.ts'
import { httpSessions } from '../http/http-sessions.ts'
import type { HttpOptions, Opened } from '../http/options.ts'
import { sendCookie } from '../http/response-headers.ts'
import type { Sessions } from '../sessions/sessions-api.ts'

/** Where a text's type is not among its headers, and is lost once `body` has been looked at; a clone keeps it. */
const IS_BUN = 'Bun' in globalThis

/** A request whose session has been opened. */
export interface OpenedRequest<Data extends object, Outage, Flash extends object = Record<string, unknown>> {
  readonly session: Opened<Data, Outage, Flash>
  /**
   * Saves the session and resolves with the response to send, which brings the cookie where there is one to bring. Call
   * it once, with the response's headers complete and its body not yet read: a body that streams does so after the save.
   *
   * @throws what `save` throws
   */
  commit(response: Response): Promise<Response>
}

/** A handler of requests with their session. `rest` is whatever else the server passes. */
export type SessionHandler<
  Data extends object,
  Outage,
  Received extends Request,
  Rest extends unknown[],
  Flash extends object = Record<string, unknown>,
> = (request: Received, session: Opened<Data, Outage, Flash>, ...rest: Rest) => Response | Promise<Response>

/** Sessions for fetch-standard servers: see {@link fetchSessions}. */
export interface FetchSessions<Data extends object, Outage, Flash extends object = Record<string, unknown>> {
  /**
   * The request's session, and what saves it. For servers that have hooks of their own; {@link withSession} does the rest.
   * @throws the store's error where it fails and `onStoreFailure` does not let the request go on
   */
  open(request: Request): Promise<OpenedRequest<Data, Outage, Flash>>
  /**
   * A handler that is given the session. It is saved once the handler has answered, before anything of the response is
   * sent. Where the store fails, and the handler does not deal with it, the answer is 503; 409 where another request got
   * there first. Any other error of the handler is passed on, and nothing is saved.
   */
  withSession<Received extends Request, Rest extends unknown[]>(
    handler: SessionHandler<Data, Outage, Received, Rest, Flash>,
  ): (request: Received, ...rest: Rest) => Promise<Response>
}

/**
 * Sessions where a `Request` comes in and a `Response` goes out: Deno, Bun, Next's route handlers, SvelteKit's hooks.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * import { createSessions } from '@leeway/core'
 * import { fetchSessions } from '@leeway/core/fetch'
 * import { memoryStore } from '@leeway/core/memory'
 *
 * const sessions = createSessions({ store: memoryStore(), initialData: () => ({ visits: 0 }) })
 * const { withSession } = fetchSessions(sessions)
 * const handle = withSession(async (_request, session) => {
 *   const { visits } = await session.update((data) => { data.visits++ })
 *   return new Response(`visit ${visits}`)
 * })
 * const first = await handle(new Request('https://shop.example/'))
 * const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? ''
 * const second = await handle(new Request('https://shop.example/', { headers: { cookie } }))
 * console.log(await second.text()) // visit 2
 * await sessions.close()
 */
export function fetchSessions<
  Data extends object,
  Outage extends OutageAnswer | OutageDecision<Request> = 'fail',
  Flash extends object = Record<string, unknown>,
>(
  sessions: Pick<Sessions<Data, Flash>, 'open'>,
  options: HttpOptions<Request, Outage> = {},
): FetchSessions<Data, Outage, Flash> {
  const http = httpSessions<Data, Request, Outage, Flash>(sessions, options)
  const begin = (request: Request) => http.begin(request.headers.get('cookie'), request)
  return {
    async open(request) {
      const exchange = begin(request)
      const session = await exchange.open()
      return { session, commit: async (response) => withCookie(response, await exchange.commit()) }
    },
    withSession:
      (handler) =>
      async (request, ...rest) => {
        const exchange = begin(request)
        let response: Response | undefined
        try {
          response = await handler(request, await exchange.open(), ...rest)
          return withCookie(response, await exchange.commit())
        } catch (error) {
          // What it streams, a file or another server's answer perhaps, nobody will read to its end.
          void response?.body?.cancel().catch(() => {})
          return failed(error, exchange)
        }
      },
  }
}

async function failed(
  error: unknown,
  exchange: Pick<Exchange<object, Request, unknown>, 'abandon'>,
): Promise<Response> {
  const answer = failureAnswer(error)
  if (!answer) throw error
  const response = new Response(`${answer.message}\n`, {
    status: answer.status,
    headers: { 'Cache-Control': 'no-store', 'Content-Type': 'text/plain; charset=utf-8' },
  })
  return withCookie(response, await exchange.abandon())
}

function withCookie(response: Response, setCookie: string | undefined): Response {
  if (setCookie === undefined) return response
  // An upgrade cannot be copied. Anything else is: a handler may answer two visitors with one response without a body, and
  // the headers of a redirect cannot be changed.
  if (response.status === 101) {
    sendCookie(response.headers, setCookie)
    return response
  }
  if (IS_BUN && !response.headers.has('Content-Type')) {
    const clone = response.clone()
    void response.body?.cancel()
    sendCookie(clone.headers, setCookie)
    return clone
  }
  const headers = new Headers(response.headers)
  sendCookie(headers, setCookie)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
