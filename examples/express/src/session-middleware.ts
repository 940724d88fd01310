import { isLeewayError, readToken, type Session, type Sessions, type SetCookieOptions, setCookie } from '@leeway/core'
import type { NextFunction, Request, RequestHandler, Response } from 'express'

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
      refuse(error, response, next)
      return
    }
    opened.set(request, session)
    const end = response.end as (...args: unknown[]) => Response
    let answer: unknown[] | undefined
    response.end = (...args: unknown[]) => {
      const saving = answer !== undefined
      // A handler that fails after its answer is answered for by the error handler: the later answer goes out.
      answer = args
      if (!saving) void saveThenEnd()
      return response
    }
    next()

    async function saveThenEnd(): Promise<void> {
      try {
        const { token } = await session.save()
        if (token !== null && !response.headersSent) sendCookie(response, setCookie(token, cookie))
        response.end = end as Response['end']
        end.apply(response, answer ?? [])
      } catch (error) {
        response.end = end as Response['end']
        refuse(error, response, next)
      }
    }
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

/** What to answer for an error that is neither the application's nor ours: a conflict, or a store in trouble. */
export function sessionError(error: unknown): { readonly status: number; readonly message: string } | undefined {
  switch (isLeewayError(error) ? error.code : undefined) {
    case 'ERR_CONFLICT':
    case 'ERR_REVOKED':
      return { status: 409, message: 'another request got there first, please try again' }
    case 'ERR_NOT_REPLICATED':
    case 'ERR_STORE_CLOSED':
    case 'ERR_STORE_FAILED':
    case 'ERR_STORE_TIMEOUT':
    case 'ERR_UPDATE_TIMEOUT':
      return { status: 503, message: 'sessions are unavailable, please try again' }
    default:
      return undefined
  }
}

function sendCookie(response: Response, header: string): void {
  response.append('Set-Cookie', header)
  // A shared cache that kept this answer would hand the session to the next visitor.
  response.set('Cache-Control', 'no-store').vary('Cookie')
}

function refuse(error: unknown, response: Response, next: NextFunction): void {
  if (response.headersSent) {
    // Part of an answer has gone out whose session could not be saved: cut it off, so that it does not look whole.
    response.destroy()
    return
  }
  for (const name of ['Set-Cookie', 'Location', 'Content-Type', 'Content-Length', 'ETag']) response.removeHeader(name)
  const known = sessionError(error)
  if (known) response.status(known.status).set('Cache-Control', 'no-store').json({ error: known.message })
  else next(error)
}
