import { isLeewayError, readToken, type Session, type Sessions, type SetCookieOptions, setCookie } from '@leeway/core'
import type { Request, RequestHandler, Response } from 'express'

const opened = new WeakMap<Request, unknown>()

/**
 * Opens the session before the handler, and saves it before the response's headers go out, so that the next request,
 * which may be the redirect's, finds what this one wrote. A handler that streams saves by itself before its first byte.
 * When the store fails, the answer is 503: never a new session in place of one that could not be read.
 */
export function sessionMiddleware<Data extends object>(
  sessions: Sessions<Data>,
  cookie: SetCookieOptions,
): RequestHandler {
  return async (request, response, next) => {
    let session: Session<Data>
    try {
      session = await sessions.open(readToken(request.headers.cookie, cookie))
    } catch (error) {
      refuse(response, error)
      return
    }
    opened.set(request, session)
    const end = response.end.bind(response) as (...args: unknown[]) => Response
    response.end = (...args: unknown[]) => {
      response.end = end as Response['end']
      session.save().then(
        ({ token }) => {
          if (token !== null && !response.headersSent) sendCookie(response, setCookie(token, cookie))
          end(...args)
        },
        (error) => refuse(response, error),
      )
      return response
    }
    next()
  }
}

/** The request's session. */
export function sessionOf<Data extends object>(request: Request): Session<Data> {
  const session = opened.get(request)
  if (!session) throw new Error('the session middleware does not run before this handler')
  return session as Session<Data>
}

/** Ends the session and takes the cookie away: the only answer that clears it. */
export async function logout(request: Request, response: Response, cookie: SetCookieOptions): Promise<void> {
  await sessionOf(request).destroy()
  sendCookie(response, setCookie(null, cookie))
}

function sendCookie(response: Response, header: string): void {
  response.append('Set-Cookie', header)
  // A shared cache that kept this answer would hand the session to the next visitor (CVE-2026-24472).
  response.set('Cache-Control', 'no-store').vary('Cookie')
}

function refuse(response: Response, error: unknown): void {
  const conflict = isLeewayError(error) && error.code === 'ERR_CONFLICT'
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response
    .status(conflict ? 409 : 503)
    .set('Cache-Control', 'no-store')
    .json({ error: conflict ? 'another request changed the same data' : 'sessions are unavailable, please try again' })
}
