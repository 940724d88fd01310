/**
 * For bindings to frameworks that own the session id and the cookie.
 * @module
 */
export {
  type DropInOptions,
  type DropInRecords,
  dropInRecords,
  type FoundSession,
} from './lib/drop-in/drop-in-records.ts'
export type { DropInSession } from './lib/drop-in/drop-in-session.ts'
export { createRecords, type RecordHandle, type Records } from './lib/records/records.ts'
