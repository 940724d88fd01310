import { readToken } from '../cookie.ts'
import { setup } from '../testing-sessions.ts'
import { httpSessions } from './http-sessions.ts'

const cookieOf = (token: string) => `a=1; __Host-leeway=${token}`

/** The token in a `Set-Cookie` header. */
export const sentIn = (header: string | undefined) => readToken(header?.split(';')[0])

/** A context, and requests to it that bring a token or none. */
export function served(options: Parameters<typeof httpSessions>[1] = {}) {
  const context = setup()
  const http = httpSessions(context.sessions, { clock: context.clock, ...options })
  return { ...context, begin: (token?: string) => http.begin(token === undefined ? undefined : cookieOf(token), null) }
}
