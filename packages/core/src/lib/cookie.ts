import { parseCookie, stringifySetCookie } from 'cookie'
import { assertKnownOptions } from './adapter/checks.ts'
import type { Millis } from './clock.ts'
import { LeewayError } from './errors.ts'
import { invalid } from './options.ts'

const SET_COOKIE_NAMES = ['name', 'maxAgeMs', 'domain', 'path', 'secure', 'sameSite', 'partitioned']
const SAME_SITE = ['strict', 'lax', 'none']

/** What the name of the cookie depends on. Whoever reads it and whoever sets it have to be given the same. */
export interface CookieOptions {
  /** Default `__Host-leeway`, or `leeway` where `secure` is false. */
  readonly name?: string
  /**
   * Sent over HTTPS only. Default true: pass false for plain HTTP in development. It is never guessed from the request,
   * since behind a proxy that ends TLS every request looks like plain HTTP.
   */
  readonly secure?: boolean
}

export interface SetCookieOptions extends CookieOptions {
  /** How long the browser keeps the cookie, in milliseconds. Default: until it closes. The server decides what it opens. */
  readonly maxAgeMs?: Millis
  /** Default: the host that answers, and no other. With a domain every subdomain gets the cookie and can replace it; choose a `name` without `__Host-`. */
  readonly domain?: string
  /** Default `/`. Another path needs a `name` without `__Host-`. */
  readonly path?: string
  /** Default `lax`. `none`, for pages shown within other sites, also sends it with requests that those sites make: guard against CSRF. */
  readonly sameSite?: 'strict' | 'lax' | 'none'
  /** A cookie jar for each site that the page is shown in (CHIPS). Default false. */
  readonly partitioned?: boolean
}

/** The name under which the cookie is set and read. */
function cookieName({ name, secure }: CookieOptions): string {
  return name ?? (secure === false ? 'leeway' : '__Host-leeway')
}

/**
 * The session token in a `Cookie` request header, if there is one. Whether it opens anything is for `open` to say.
 * Of several cookies with the name it is the first: a subdomain can put one there, unless the name begins with `__Host-`.
 *
 * @param options what the cookie is set with, of which the name counts
 * @example
 * import { readToken } from '@leeway/core'
 *
 * console.log(readToken('theme=dark; __Host-leeway=the-token')) // the-token
 * console.log(readToken('theme=dark; leeway=the-token', { secure: false })) // the-token
 */
export function readToken(cookieHeader: string | null | undefined, options: CookieOptions = {}): string | undefined {
  if (!cookieHeader) return undefined
  return parseCookie(cookieHeader, { decode: asSent })[cookieName(options)]
}

/** Tokens hold nothing to decode, and so each has one spelling: that of who looks for one in a log or limits its use. */
function asSent(value: string): string {
  return value
}

/**
 * The `Set-Cookie` header that gives the browser a token, or that takes it away where the token is null. Send one only
 * for a token that a save returned, and clear it only in answer to `destroy`.
 *
 * @throws `ERR_INVALID_OPTION` for what a cookie cannot have, and for what browsers drop without a word: a `__Host-` name
 * with a domain, another path or over plain HTTP, and `sameSite: 'none'` or `partitioned` over plain HTTP
 * @example
 * const { token } = await session.save()
 * if (token) response.headers.append('Set-Cookie', setCookie(token))
 */
export function setCookie(token: string | null, options: SetCookieOptions = {}): string {
  assertKnownOptions(options, SET_COOKIE_NAMES, 'setCookie')
  const { maxAgeMs, domain, path = '/', secure = true, sameSite = 'lax', partitioned } = options
  const name = cookieName(options)
  if (typeof name !== 'string') invalid('name', 'a string')
  if (typeof secure !== 'boolean') invalid('secure', 'true or false')
  if (partitioned !== undefined && typeof partitioned !== 'boolean') invalid('partitioned', 'true or false')
  if (!SAME_SITE.includes(sameSite)) invalid('sameSite', `one of ${SAME_SITE.join(', ')}`)
  if (domain === '') invalid('domain', 'left out, or a host name')
  if (typeof path !== 'string' || !path.startsWith('/')) invalid('path', 'a string that begins with /')
  if (maxAgeMs !== undefined && !(Number.isSafeInteger(maxAgeMs) && maxAgeMs >= 0)) {
    invalid('maxAgeMs', 'a whole number of milliseconds')
  }
  // Browsers compare the prefixes without regard to case.
  const prefix = /^__(host|secure|http)-/i.exec(name)?.[1]?.toLowerCase()
  if (!secure && (sameSite === 'none' || partitioned || prefix)) {
    throw new LeewayError(
      'ERR_INVALID_OPTION',
      'browsers drop such a cookie unless it is secure: see name, sameSite and partitioned',
    )
  }
  if (prefix === 'host' && (domain !== undefined || path !== '/')) {
    throw new LeewayError(
      'ERR_INVALID_OPTION',
      'a cookie with a domain or another path than / needs a name that does not begin with __Host-, such as __Secure-leeway',
    )
  }
  try {
    return stringifySetCookie({
      name,
      value: token ?? '',
      httpOnly: true,
      path,
      secure,
      sameSite,
      ...(domain !== undefined && { domain }),
      ...(partitioned !== undefined && { partitioned }),
      ...(token === null ? { maxAge: 0 } : maxAgeMs !== undefined && { maxAge: Math.ceil(maxAgeMs / 1000) }),
    })
  } catch (cause) {
    throw new LeewayError('ERR_INVALID_OPTION', 'the cookie options make no valid Set-Cookie header', { cause })
  }
}
