/**
 * leeway sessions in Fastify.
 * @module
 */
export { type FastifySessions, fastifySessions } from './lib/native/fastify-sessions.ts'
