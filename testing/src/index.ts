/**
 * Real servers for tests and benchmarks, each started for its test and stopped with it.
 * @module
 */
export { type ClusterOptions, RedisCluster, type SlotMove, startCluster } from './redis-cluster.ts'
export { type ReplicatedOptions, ReplicatedRedis, startReplicated } from './redis-replicated.ts'
export { RedisServer, type ServerOptions, startRedis } from './redis-server.ts'
export { serverBinaries, serverBinary } from './server-binary.ts'
export { until } from './until.ts'
