/**
 * A store for koa-session.
 * @module
 */
export {
  type KoaSessionStore,
  koaSessionStore,
  type StoreCall,
  type StoredKoaSession,
} from './lib/koa-session-store.ts'
