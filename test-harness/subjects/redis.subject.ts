import { Redis } from 'ioredis'
import { redisSubject } from './redis-subject.ts'

const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'

/** On the server that `REDIS_URL` names. */
export default redisSubject({
  name: 'redis',
  module: import.meta.url,
  client: () => new Redis(url, { lazyConnect: true }),
})
