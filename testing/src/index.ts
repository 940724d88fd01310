/**
 * What tests, benchmarks and demonstrations of several packages need: real servers, processes, sample records. It loads
 * no test runner, so that programs which tests start can use it.
 * @module
 */
export { type ClusterOptions, RedisCluster, type SlotMove, startCluster } from './redis-cluster.ts'
export { type ReplicatedOptions, ReplicatedRedis, startReplicated } from './redis-replicated.ts'
export { RedisServer, type ServerOptions, startRedis } from './redis-server.ts'
export { serverBinaries, serverBinary } from './server-binary.ts'
export { until } from './until.ts'
