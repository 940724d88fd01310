/**
 * Real servers for tests and benchmarks, each started for its test and stopped with it, and the system's browser.
 * @module
 */
export type { RedisCluster, SlotMove } from './redis-cluster.ts'
export { type ReplicatedOptions, type ReplicatedRedis, startReplicated } from './redis-replicated.ts'
export type { RedisServer } from './redis-server.ts'
export { serverBinaries, serverBinary } from './server-binary.ts'
export { type ClusterOptions, startCluster } from './start-cluster.ts'
export { type ServerOptions, startRedis } from './start-redis.ts'
export { systemChromium } from './system-chromium.ts'
export { until } from './until.ts'
