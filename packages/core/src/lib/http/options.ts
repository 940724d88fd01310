import { assertKnownOptions } from '../adapter/checks.ts'
import type { ClientHints } from '../aside.ts'
import { type Clock, type Millis, systemClock } from '../clock.ts'
import { type SetCookieOptions, setCookie } from '../cookie.ts'
import { invalid } from '../options.ts'
import type { Session } from '../sessions/session.ts'
import { assertSpan, LONGEST_TIMER_MS } from '../timeouts.ts'
import type { OutageAnswer, OutageDecision } from './failures.ts'

/** The session of a request. There is none only where `onStoreFailure` lets requests go on without. */
export type Opened<Data extends object, Outage, Flash extends object = Record<string, unknown>> = Outage extends 'fail'
  ? Session<Data, Flash>
  : Session<Data, Flash> | undefined

/** For how long the browser keeps the cookie. */
export type CookieLifetime = 'browser-session' | 'fixed'

/** What the lifetime of a cookie may depend on. */
export type CookieSession = Pick<Session<object>, 'id' | 'owner' | 'createdAt' | 'absoluteExpiresAt' | 'remainingMs'>

/** How sessions meet HTTP: the cookie, and what a failing store means for a request. */
export interface HttpOptions<Request, Outage extends OutageAnswer | OutageDecision<Request> = 'fail'>
  extends Omit<SetCookieOptions, 'maxAgeMs' | 'secure'> {
  /**
   * Whether the cookie is sent over HTTPS only. Default true: pass false for plain HTTP in development. A function
   * decides it for each request, from what a proxy that you trust says of it: it is never guessed.
   *
   * @example
   * secure: (request) => request.secure // in Express, which heeds its setting `trust proxy`
   */
  readonly secure?: boolean | ((request: Request) => boolean)
  /**
   * `browser-session`: the browser forgets the cookie when it closes. `fixed`: it keeps it until the session's absolute
   * end. A function decides whenever a cookie is sent. Either way the server decides how long it opens something. Default
   * `browser-session`.
   *
   * @example
   * cookie: ({ remainingMs }) => (remainingMs > DAY ? 'fixed' : 'browser-session') // where "remember me" sets longer timeouts
   */
  readonly cookie?: CookieLifetime | ((session: CookieSession) => CookieLifetime)
  /**
   * What to keep of the request's client beside its session, for `list` to show. Default: nothing. It is personal data.
   *
   * @example
   * client: (request) => ({ userAgent: request.get('user-agent'), address: request.ip }) // in Express
   */
  readonly client?: (request: Request) => ClientHints
  /**
   * What a request does while the store is failing. `fail`: it is answered with 503. `anonymous`: it goes on without a
   * session, nothing is saved and the cookie is left alone. Or a function that decides. Default `fail`.
   */
  readonly onStoreFailure?: Outage | OutageDecision<Request>
  /** For how long a request waits for the store to open or to save its session, in milliseconds. More than `updateTimeoutMs`. Default 10,000. */
  readonly storeTimeoutMs?: Millis
  /** Where the time comes from. Default: the system's clock. */
  readonly clock?: Clock
}

const NAMES = [
  'name',
  'domain',
  'path',
  'secure',
  'sameSite',
  'partitioned',
  'cookie',
  'client',
  'onStoreFailure',
  'storeTimeoutMs',
  'clock',
] as const satisfies readonly (keyof HttpOptions<unknown>)[]

export interface ResolvedHttpOptions<Request> {
  /** What the cookie of this request's answer is set with, and read with. */
  readonly cookieFor: (request: Request) => SetCookieOptions
  readonly isFixed: (session: CookieSession) => boolean
  readonly client: ((request: Request) => ClientHints) | undefined
  readonly outage: OutageDecision<Request>
  readonly storeTimeoutMs: Millis
  readonly clock: Clock
}

/** Validates and copies the options, once. @throws `ERR_INVALID_OPTION` */
export function resolveHttpOptions<Request>(
  options: HttpOptions<Request, OutageAnswer | OutageDecision<Request>>,
): ResolvedHttpOptions<Request> {
  assertKnownOptions(options, NAMES, 'open')
  const { secure = true, cookie = 'browser-session', onStoreFailure = 'fail', storeTimeoutMs = 10_000 } = options
  const { client, clock = systemClock } = options
  if (typeof cookie !== 'function') assertLifetime(cookie)
  if (client !== undefined && typeof client !== 'function') invalid('client', 'a function')
  if (onStoreFailure !== 'fail' && onStoreFailure !== 'anonymous' && typeof onStoreFailure !== 'function') {
    invalid('onStoreFailure', "'fail', 'anonymous' or a function")
  }
  assertSpan(storeTimeoutMs, 'storeTimeoutMs', 1, LONGEST_TIMER_MS)
  if (typeof clock?.setTimer !== 'function') invalid('clock', 'an object with now, monotonic and setTimer')
  return {
    cookieFor: cookieChoice(options, secure),
    isFixed: (session) => assertLifetime(typeof cookie === 'function' ? cookie(session) : cookie) === 'fixed',
    client,
    outage: typeof onStoreFailure === 'function' ? onStoreFailure : () => onStoreFailure,
    storeTimeoutMs,
    clock,
  }
}

function assertLifetime(lifetime: CookieLifetime): CookieLifetime {
  if (lifetime !== 'browser-session' && lifetime !== 'fixed') {
    invalid('cookie', "'browser-session', 'fixed' or a function that answers one of them")
  }
  return lifetime
}

function cookieChoice<Request>(
  { name, domain, path, sameSite, partitioned }: Omit<SetCookieOptions, 'maxAgeMs' | 'secure'>,
  secure: boolean | ((request: Request) => boolean),
): (request: Request) => SetCookieOptions {
  const attributes = (isSecure: boolean): SetCookieOptions => {
    const given = { name, domain, path, sameSite, partitioned }
    const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const made: SetCookieOptions = { ...known, secure: isSecure }
    setCookie(null, made)
    return made
  }
  if (typeof secure !== 'function') {
    const made = attributes(secure)
    return () => made
  }
  // Both may be asked for, so what only one of them could have is refused now, not at some request.
  const [onlyHttps, either] = [attributes(true), attributes(false)]
  return (request) => {
    const isSecure = secure(request)
    if (typeof isSecure !== 'boolean') invalid('secure', 'a function that answers true or false')
    return isSecure ? onlyHttps : either
  }
}
