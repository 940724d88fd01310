/**
 * A store for express-session.
 * @module
 */
export {
  type ExpressSessionStore,
  type ExpressSessionStoreOptions,
  expressSessionStore,
} from './lib/express-session-store.ts'
export type { OldSessionStore } from './lib/migration/old-store.ts'
