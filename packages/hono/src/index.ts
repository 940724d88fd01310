/**
 * Sessions in Hono.
 * @module
 */
export { type HonoSessions, honoSessions, type SessionEnv } from './lib/hono-sessions.ts'
