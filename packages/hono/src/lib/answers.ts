import { ANSWER_HEADERS, failureAnswer, sendCookie } from '@leeway/core/http'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'

/** Puts the session's cookie on the answer, if there is one to put. */
export function bring(c: Context, setCookie: string | undefined): void {
  if (setCookie === undefined) return
  // An upgrade cannot be copied, and where there is no answer it is Hono that has to say so. Anything else is copied: a
  // handler may answer two visitors with one response, and the headers of a fetched one cannot be changed.
  if (c.finalized && c.res.status !== 101) replace(c, new Response(c.res.body, c.res))
  sendCookie(c.res.headers, setCookie)
}

/** Takes the handler's answer back: Hono puts the headers of the answer before on the one to an error. */
export function takeBack(c: Context): void {
  // Whoever writes to a body that nobody reads would wait for ever.
  c.res.body?.cancel().catch(() => {})
  const headers = new Headers(c.res.headers)
  for (const name of ANSWER_HEADERS) headers.delete(name)
  replace(c, new Response(null, { headers }))
}

/** Hono would merge the two. */
function replace(c: Context, answer: Response): void {
  c.res = undefined
  c.res = answer
}

/** The error that Hono answers by itself with the failure's status, where the failure is not the application's own. */
export function asException(error: unknown): unknown {
  return exceptionFor(error) ?? error
}

/** Answers for a failure in the handler that nobody has answered for: Hono knows no more of it than that it is an error. */
export function answerFailure(c: Context, error: Error): void {
  const answer = c.res.status === 500 ? exceptionFor(error)?.getResponse() : undefined
  if (!answer) return
  takeBack(c)
  c.res = answer
}

function exceptionFor(error: unknown): HTTPException | undefined {
  const answer = failureAnswer(error)
  if (!answer) return undefined
  const { status, message } = answer
  const headers = { 'Cache-Control': 'no-store', 'Content-Type': 'text/plain; charset=utf-8' }
  return new HTTPException(status, { res: new Response(`${message}\n`, { status, headers }), message, cause: error })
}
