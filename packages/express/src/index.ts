/**
 * Sessions in Express 5, Express 4 and Connect.
 * @module
 */
export {
  type ExpressSessions,
  expressSessions,
  type SessionRequest,
  type SessionResponse,
} from './lib/express-sessions.ts'
