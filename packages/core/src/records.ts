/**
 * For bindings to frameworks that own the session id and the cookie.
 * @module
 */
export { createRecords, type RecordHandle, type Records } from './lib/records/records.ts'
