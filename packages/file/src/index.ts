export { fileStore } from './lib/file-store.ts'
export type { FileSystem } from './lib/file-system.ts'
export type { FileStoreOptions } from './lib/options.ts'
