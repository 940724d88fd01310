/**
 * For bindings to frameworks: what happens between a `Cookie` header and a `Set-Cookie` header.
 * @module
 */
export { commitBeforeHeaders } from './lib/http/commit-before-headers.ts'
export type { Exchange } from './lib/http/exchange.ts'
export {
  type FailureAnswer,
  failureAnswer,
  isOutage,
  type OutageAnswer,
  type OutageDecision,
} from './lib/http/failures.ts'
export type { NodeAnswer } from './lib/http/held-answer.ts'
export { type HttpSessions, httpSessions } from './lib/http/http-sessions.ts'
export type { CookieLifetime, CookieSession, HttpOptions, Opened } from './lib/http/options.ts'
export {
  ANSWER_HEADERS,
  type NodeResponse,
  nodeHeaders,
  type ResponseHeaders,
  sendCookie,
} from './lib/http/response-headers.ts'
