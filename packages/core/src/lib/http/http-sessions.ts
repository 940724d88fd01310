import { invalid } from '../options.ts'
import type { Sessions } from '../sessions/sessions-api.ts'
import { Exchange } from './exchange.ts'
import type { OutageAnswer, OutageDecision } from './failures.ts'
import { type HttpOptions, resolveHttpOptions } from './options.ts'

/** Sessions over HTTP: see {@link httpSessions}. */
export interface HttpSessions<Data extends object, Request, Outage, Flash extends object = Record<string, unknown>> {
  /**
   * Takes up a request. Calls no store: a request that never opens its session costs nothing.
   *
   * @param cookieHeader its `Cookie` header, or nothing
   * @param request what `secure` and `onStoreFailure` are given
   */
  begin(cookieHeader: string | null | undefined, request: Request): Exchange<Data, Request, Outage, Flash>
}

/**
 * What bindings to frameworks have in common: from a `Cookie` header to a session, and from the session to a
 * `Set-Cookie` header, without knowing any framework.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * import { createSessions } from '@leeway/core'
 * import { httpSessions } from '@leeway/core/http'
 * import { memoryStore } from '@leeway/core/memory'
 *
 * const sessions = createSessions({ store: memoryStore(), initialData: () => ({ visits: 0 }) })
 * const http = httpSessions(sessions, { secure: false })
 * const exchange = http.begin('leeway=what-the-browser-sent', 'the request')
 * const session = await exchange.open()
 * session.data.visits++
 * const header = await exchange.commit() // before the response's headers go out
 * console.log(header?.split('=')[0]) // leeway
 * await sessions.close()
 */
export function httpSessions<
  Data extends object,
  Request = unknown,
  Outage extends OutageAnswer | OutageDecision<Request> = 'fail',
  Flash extends object = Record<string, unknown>,
>(
  sessions: Pick<Sessions<Data, Flash>, 'open'>,
  options: HttpOptions<Request, Outage> = {},
): HttpSessions<Data, Request, Outage, Flash> {
  if (typeof sessions?.open !== 'function') invalid('sessions', 'what createSessions gave')
  const resolved = resolveHttpOptions(options)
  return {
    begin: (cookieHeader, request) =>
      new Exchange<Data, Request, Outage, Flash>(sessions, resolved, cookieHeader, request),
  }
}
