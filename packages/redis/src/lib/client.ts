/**
 * The part of a client that the store uses. `Redis` and `Cluster` of ioredis 5 and 6 and of iovalkey fit, with a
 * Sentinel configuration too.
 */
export interface RedisClient {
  get(key: string): Promise<string | null>
  getrange(key: string, start: number, end: number): Promise<string>
  del(key: string): Promise<number>
  evalsha(sha: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>
  eval(script: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>
  /** Of a single server; a cluster's are asked one by one. */
  scan?(cursor: string, match: 'MATCH', pattern: string, count: 'COUNT', size: number): Promise<[string, string[]]>
  info?(section: string): Promise<string>
  cluster?(subcommand: 'NODES'): Promise<unknown>
  /** Of a cluster only: the servers that hold its keys. */
  nodes?(role: 'master'): RedisClient[]
  /** Of a cluster only: for each slot its servers, as the client knows them. */
  readonly slots?: readonly (readonly string[])[]
  /** Another connection to the same servers; needed with `replicas`. */
  duplicate?(): RedisClient
  pipeline?(): RedisPipeline
  on?(event: 'error', listener: (error: Error) => void): unknown
  disconnect?(): void
  readonly status?: string
  readonly stream?: RedisStream
  readonly options?: object
}

/** Commands that are sent together, on one connection. */
export interface RedisPipeline {
  evalsha(sha: string, keys: number, ...keysAndArguments: string[]): RedisPipeline
  eval(script: string, keys: number, ...keysAndArguments: string[]): RedisPipeline
  wait(replicas: number, timeoutMs: number): RedisPipeline
  exec(): Promise<[error: Error | null, result: unknown][] | null>
}

/** The socket of a client. */
export interface RedisStream {
  cork(): void
  uncork(): void
}
