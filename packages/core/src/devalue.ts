/**
 * For session data that JSON cannot hold.
 * @module
 */
export { devalueCodec } from './lib/data/devalue-codec.ts'
