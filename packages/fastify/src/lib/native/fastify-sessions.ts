import { LeewayError, type Sessions } from '@leeway/core'
import {
  commitBeforeHeaders,
  type Exchange,
  type HttpOptions,
  httpSessions,
  type Opened,
  type OutageAnswer,
  type OutageDecision,
} from '@leeway/core/http'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { answerRaw, refuse, takeBack } from './failures.ts'
import { addCookie } from './reply-cookie.ts'

/** Sessions in Fastify: see {@link fastifySessions}. */
export interface FastifySessions<Data extends object, Outage = 'fail', Flash extends object = Record<string, unknown>> {
  /**
   * For `app.register`: the routes of that instance have `request.session`. Fastify does not know its type; either use
   * `sessionOf`, or declare it once for the application.
   */
  readonly plugin: FastifyPluginAsync
  /**
   * The session of a request, with its type. There is none only where `onStoreFailure` let the request go on without.
   *
   * @throws `ERR_INVALID_OPTION` if the plugin did not take up the request: it is not registered for the route, or a
   * hook before it has answered; with what failed if the session could not be opened, which error handlers may meet
   */
  sessionOf(request: { readonly raw: object }): Opened<Data, Outage, Flash>
}

/** Typed as any name, because `@fastify/session` declares a type for this one wherever it is imported. */
const DECORATOR: string = 'session'

/** What is known of a request from its first hook to its last. */
interface Visit<Data extends object, Outage, Flash extends object> {
  readonly exchange: Exchange<Data, FastifyRequest, Outage, Flash>
  /** Whether an error was thrown, or sent. */
  hasFailed: boolean
  /** Why there is no session. */
  refusal?: unknown
}

/**
 * Sessions for Fastify 5. The session is opened before the first handler and saved in `onSend`, before the headers go
 * out, so whoever follows a redirect after a login finds it stored (express-session #360), and a stream begins once it
 * is. A request that threw and is answered with an error saves nothing. A reply that is hijacked is saved before what
 * is written to `reply.raw`.
 *
 * Where the store fails the request fails with 503, and with 409 where another request got there first: the error goes
 * through your error handler as any other, with a `message` that is fit for a visitor. Its `code`, `cause` and `stack`
 * stay as they were.
 *
 * @param options the cookie, and what a failing store means for a request
 * @throws `ERR_INVALID_OPTION`
 * @example
 * import { createSessions } from '@leeway/core'
 * import { memoryStore } from '@leeway/core/memory'
 * import { fastifySessions } from '@leeway/fastify'
 * import Fastify from 'fastify'
 *
 * const sessions = createSessions({ store: memoryStore(), initialData: () => ({ visits: 0 }) })
 * const { plugin, sessionOf } = fastifySessions(sessions, { secure: false }) // plain HTTP
 * const app = Fastify()
 * app.register(plugin)
 * app.get('/', async (request) => `visit ${++sessionOf(request).data.visits}`)
 *
 * const first = await app.inject('/')
 * const cookies = { leeway: first.cookies[0]?.value ?? '' }
 * console.log((await app.inject({ url: '/', cookies })).body) // visit 2
 * await app.close()
 * await sessions.close()
 */
export function fastifySessions<
  Data extends object,
  Outage extends OutageAnswer | OutageDecision<FastifyRequest> = 'fail',
  Flash extends object = Record<string, unknown>,
>(
  sessions: Pick<Sessions<Data, Flash>, 'open'>,
  options: HttpOptions<FastifyRequest, Outage> = {},
): FastifySessions<Data, Outage, Flash> {
  const http = httpSessions<Data, FastifyRequest, Outage, Flash>(sessions, options)
  // By Node's request, which is one and the same in every hook and outlives a hijack.
  const visits = new WeakMap<object, Visit<Data, Outage, Flash>>()

  async function open(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const exchange = http.begin(request.headers.cookie, request)
    const visit: Visit<Data, Outage, Flash> = { exchange, hasFailed: false }
    visits.set(request.raw, visit)
    const { hijack } = reply
    reply.hijack = () => {
      commitBeforeHeaders(exchange, reply.raw, (error) => answerRaw(error, reply))
      return Reflect.apply(hijack, reply, [])
    }
    try {
      await exchange.open()
    } catch (error) {
      visit.refusal = error
      throw error
    }
  }

  async function fail(request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<void> {
    const visit = visits.get(request.raw)
    if (visit) visit.hasFailed = true
    refuse(error, reply)
  }

  async function save(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
    const visit = visits.get(request.raw)
    if (!visit) return payload
    const { exchange, hasFailed } = visit
    try {
      const setCookie = await (hasFailed && reply.statusCode >= 400 ? exchange.abandon() : exchange.commit())
      return setCookie === undefined ? payload : addCookie(reply, setCookie, payload)
    } catch (error) {
      takeBack(reply, payload)
      refuse(error, reply)
      throw error
    }
  }

  const plugin: FastifyPluginAsync = async (app) => {
    app.decorateRequest(DECORATOR, {
      getter() {
        return visits.get(this.raw)?.exchange.session
      },
    })
    app.addHook('onRequest', open)
    app.addHook('onError', fail)
    app.addHook('onSend', save)
  }

  return {
    plugin: fp(plugin, { fastify: '5.x', name: '@leeway/fastify' }),
    sessionOf(request) {
      const visit = visits.get(request.raw)
      if (visit?.refusal !== undefined) throw visit.refusal
      if (visit) return visit.exchange.session as Opened<Data, Outage, Flash>
      throw new LeewayError(
        'ERR_INVALID_OPTION',
        'the request has no session: the plugin is not registered for its route, or a hook before it has answered',
        { operation: 'sessionOf' },
      )
    },
  }
}
