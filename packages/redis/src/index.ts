export type { RedisClient, RedisPipeline } from './lib/client.ts'
export type { RedisStoreOptions } from './lib/options.ts'
export { redisStore } from './lib/redis-store.ts'
