/**
 * For everything that takes a `Request` and answers with a `Response`, and for React Router.
 * @module
 */
export {
  type FetchSessions,
  fetchSessions,
  type OpenedRequest,
  type SessionHandler,
} from './lib/fetch/fetch-sessions.ts'
export { type RouterSession, type RouterSessions, routerSessions } from './lib/fetch/router-sessions.ts'
