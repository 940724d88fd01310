import { parseCookie, stringifySetCookie } from 'cookie'
import { assertKnownOptions } from './adapter/checks.ts'
import type { Millis } from './clock.ts'
import { LeewayError } from './errors.ts'

const DEFAULT_NAME = 'leeway'
const SET_COOKIE_NAMES = ['name', 'maxAgeMs', 'domain', 'path', 'secure', 'sameSite', 'partitioned']

export interface CookieOptions {
  /** Default `leeway`. */
  readonly name?: string
}

export interface SetCookieOptions extends CookieOptions {
  /** How long the browser keeps the cookie, in milliseconds. Default: until it closes. The server decides what it opens. */
  readonly maxAgeMs?: Millis
  readonly domain?: string
  /** Default `/`. */
  readonly path?: string
  /** Sent over HTTPS only. Default true: pass false for plain HTTP in development. */
  readonly secure?: boolean
  /** Default `lax`. */
  readonly sameSite?: 'strict' | 'lax' | 'none'
  readonly partitioned?: boolean
}

/** The session token in a `Cookie` request header, if there is one. Whether it opens anything is for `open` to say. */
export function readToken(cookieHeader: string | null | undefined, options: CookieOptions = {}): string | undefined {
  if (!cookieHeader) return undefined
  return parseCookie(cookieHeader)[options.name ?? DEFAULT_NAME]
}

/**
 * The `Set-Cookie` header that gives the browser a token, or that takes it away where the token is null. Send one only
 * for a token that a save returned, and clear it only in answer to `destroy`.
 *
 * @throws `ERR_INVALID_OPTION` for a name, domain or path that a cookie cannot have
 * @example
 * const { token } = await session.save()
 * if (token) response.headers.append('Set-Cookie', setCookie(token))
 */
export function setCookie(token: string | null, options: SetCookieOptions = {}): string {
  assertKnownOptions(options, SET_COOKIE_NAMES, 'setCookie')
  const { name = DEFAULT_NAME, maxAgeMs, domain, path = '/', secure = true, sameSite = 'lax', partitioned } = options
  if (maxAgeMs !== undefined && !(Number.isSafeInteger(maxAgeMs) && maxAgeMs >= 0)) {
    throw new LeewayError('ERR_INVALID_OPTION', 'maxAgeMs must be a whole number of milliseconds')
  }
  if (!secure && (sameSite === 'none' || partitioned || name.startsWith('__Host-') || name.startsWith('__Secure-'))) {
    throw new LeewayError(
      'ERR_INVALID_OPTION',
      'browsers drop such a cookie unless it is secure: see name, sameSite and partitioned',
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
