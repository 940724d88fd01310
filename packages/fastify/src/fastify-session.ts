/**
 * A store for @fastify/session on any store of leeway.
 * @module
 */
export { type FastifySessionStore, fastifySessionStore } from './lib/drop-in/fastify-session-store.ts'
