import { Cluster } from 'ioredis'
import { redisSubject } from './redis-subject.ts'

const urls = (process.env.REDIS_URLS ?? 'redis://127.0.0.1:6379').split(' ')

/** On the cluster of which `REDIS_URLS` names servers, with spaces in between. */
export default redisSubject({
  name: 'redis cluster',
  module: import.meta.url,
  client: () => new Cluster(urls, { lazyConnect: true }),
})
