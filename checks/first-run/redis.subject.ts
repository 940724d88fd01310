import { createHash } from 'node:crypto'
import { defineSubject } from '@leeway/conformance'
import { redisStore } from '@leeway/redis'
import { Redis } from 'ioredis'

const client = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379')

export default defineSubject({
  name: 'redis',
  open: ({ scratch, namespace, clock, maxPayloadBytes }) =>
    redisStore({ client, prefix: `${hashOf(scratch)}:`, namespace, clock, maxPayloadBytes }),
})

/** One server holds what all rules store. */
function hashOf(scratch: string): string {
  return createHash('sha256').update(scratch).digest('hex').slice(0, 16)
}
