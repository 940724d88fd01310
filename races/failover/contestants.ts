import type { SessionStore } from '@leeway/core'
import { type RedisStoreOptions, redisStore } from '@leeway/redis'
import * as ioredis from 'ioredis'
import * as ioredis5 from 'ioredis-5'
import * as iovalkey from 'iovalkey'
import { Load } from './load.ts'
import { type Row, rowOf } from './row.ts'

type Client = RedisStoreOptions['client'] & { disconnect(): void }
interface Address {
  readonly host: string
  readonly port: number
}

export const COMMAND_TIMEOUT_MS = 1_000

/** One way to use the store: a client, options, and the layer that callers use. */
export interface Mode {
  readonly client?: 'ioredis 6' | 'ioredis 5' | 'iovalkey'
  readonly replicas?: number
  readonly layer?: 'store' | 'sessions'
  /** The client is told to close a connection on which nothing has come for so long. */
  readonly socketTimeoutMs?: number
  /** The client follows what Sentinels say, and leaves a primary that was replaced. */
  readonly failoverDetector?: boolean
  /** Writes, as another process makes them, go over a client that follows; loads over one as its makers set it up. */
  readonly writesFollow?: boolean
}

interface Library {
  readonly Redis: new (options: {
    host?: string
    port?: number
    sentinels?: Address[]
    name?: string
    failoverDetector?: boolean
    socketTimeout?: number
  }) => Client
  readonly Cluster: new (nodes: Address[], options: { redisOptions: { socketTimeout?: number } }) => Client
}

const libraries: Record<NonNullable<Mode['client']>, Library> = {
  'ioredis 6': ioredis,
  'ioredis 5': ioredis5,
  iovalkey,
}

/** The clients are as their makers set them up, unless a mode says otherwise. */
export function clusterClient(nodes: readonly Address[], { client = 'ioredis 6', socketTimeoutMs }: Mode): Client {
  const redisOptions = socketTimeoutMs === undefined ? {} : { socketTimeout: socketTimeoutMs }
  return quiet(new libraries[client].Cluster([...nodes], { redisOptions }))
}

export function sentinelClient(sentinels: readonly Address[], name: string, mode: Mode): Client {
  const { client = 'ioredis 6', socketTimeoutMs, failoverDetector = false } = mode
  const { Redis } = libraries[client]
  const timeout = socketTimeoutMs === undefined ? {} : { socketTimeout: socketTimeoutMs }
  return quiet(new Redis({ sentinels: [...sentinels], name, failoverDetector, ...timeout }))
}

export function singleClient({ host, port }: Address): Client {
  return quiet(new ioredis.Redis({ host, port }))
}

function quiet<T extends Client>(client: T): T {
  client.on?.('error', () => {})
  return client
}

/** A load on a store of its own. */
export class Contestant {
  readonly mode: Mode
  readonly load: Load
  readonly store: SessionStore
  readonly prefix: string
  /** What writes go over where loads go over something else. */
  readonly writer: SessionStore | undefined
  readonly #clients: Client[] = []

  /** @param connect makes a client; called for each that the mode needs */
  constructor(connect: (mode: Mode) => Client, mode: Mode, prefix: string) {
    this.mode = mode
    this.prefix = prefix
    const open = (of: Mode) => {
      const client = connect(of)
      this.#clients.push(client)
      const { replicas = 0 } = mode
      return redisStore({ client, prefix, replicas, commandTimeoutMs: COMMAND_TIMEOUT_MS })
    }
    const store = open(mode)
    this.writer = mode.writesFollow ? open({ ...mode, failoverDetector: true }) : undefined
    this.store = this.writer ? splitStore(store, this.writer) : store
    this.load = new Load(this.store, mode.layer)
  }

  /** Reads everything, once the servers are well again. @param failedAt when a server failed */
  async row(name: string, failedAt: number): Promise<Row> {
    return rowOf(name, this.load.recorder, await this.load.verdict(), failedAt)
  }

  async close(): Promise<void> {
    await this.load.close()
    for (const client of this.#clients) client.disconnect()
  }
}

function splitStore(reads: SessionStore, writes: SessionStore): SessionStore {
  return {
    capabilities: reads.capabilities,
    create: (session) => writes.create(session),
    load: (id) => reads.load(id),
    update: (session, expected) => writes.update(session, expected),
    touch: (loaded, lifetime) => writes.touch(loaded, lifetime),
    destroy: (id) => writes.destroy(id),
    sweep: (options) => writes.sweep(options),
    list: (query) => writes.list?.(query) ?? Promise.resolve({ sessions: [] }),
    close: async () => {
      await Promise.all([reads.close(), writes.close()])
    },
  }
}

/** Starts the loads, lets `fail` do what it does, and reads their ledgers; all of them share the failure. */
export async function contest(
  contestants: readonly Contestant[],
  scenario: string,
  fail: (loads: readonly Contestant[]) => Promise<number>,
): Promise<Row[]> {
  const all = (what: (one: Contestant) => Promise<void>) => Promise.all(contestants.map(what))
  try {
    for (const { load } of contestants) load.start()
    await all(({ load }) => load.more(500))
    const failedAt = await fail(contestants)
    await all(({ load }) => load.well())
    return await Promise.all(contestants.map((one) => one.row(`${scenario}: ${nameOf(one.mode)}`, failedAt)))
  } finally {
    await all((one) => one.close())
  }
}

function nameOf(mode: Mode): string {
  const { client = 'ioredis 6', replicas = 0, layer = 'store', socketTimeoutMs, failoverDetector, writesFollow } = mode
  return [
    client,
    `replicas: ${replicas}`,
    ...(layer === 'sessions' ? ['core sessions'] : []),
    ...(socketTimeoutMs === undefined ? [] : [`socketTimeout: ${socketTimeoutMs}`]),
    ...(failoverDetector ? ['failoverDetector'] : []),
    ...(writesFollow ? ['written to by a client with it'] : []),
  ].join(', ')
}
