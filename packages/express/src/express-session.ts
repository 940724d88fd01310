/**
 * A store for express-session.
 * @module
 */
export { type ExpressSessionStore, expressSessionStore } from './lib/express-session-store.ts'
