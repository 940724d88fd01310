export type { SqliteStoreOptions } from './lib/options.ts'
export { sqliteStore } from './lib/sqlite-store.ts'
