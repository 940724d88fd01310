import { createHash } from 'node:crypto'
import type { ExpressStore } from './express-api.ts'
import { expressSession, type Peer, type Services } from './peer.ts'

/** A name for what a server keeps for one scratch directory. */
function nameOf(scratch: string): string {
  return `s${createHash('sha256').update(scratch).digest('hex').slice(0, 16)}`
}

interface RedisClient {
  connect(): Promise<RedisClient>
  get(key: string): Promise<string | null>
  set(key: string, value: string, options: object): Promise<unknown>
  expire(key: string, seconds: number): Promise<unknown>
  pTTL(key: string): Promise<number>
  pExpire(key: string, ms: number): Promise<unknown>
  del(keys: string[]): Promise<unknown>
  destroy(): void
}

let redis: Promise<RedisClient> | undefined

/** The keys of one scratch directory, and until when time has passed for them. */
interface Space {
  /** Each with the real instant at which its time to live was last set. */
  readonly keys: Map<string, number>
  passedUntil: number
}

const spaces = new Map<string, Space>()

export const connectRedisPeer: Peer = {
  name: 'connect-redis',
  title: 'connect-redis',
  driver: 'redis',
  storage: 'server',
  jitterMs: 20,
  noCleanUp: 'the server removes what has expired',
  how: '`{ client, prefix }` on a Redis server of its own, which removes what has expired',
  async open(scratch, { load, redisUrl }) {
    if (redisUrl === undefined) throw new Error('connect-redis needs a server')
    redis ??= (load('redis').createClient({ url: redisUrl }) as RedisClient).connect()
    const { RedisStore }: { RedisStore: new (options: object) => ExpressStore } = load('connect-redis')
    const space = spaces.get(scratch) ?? { keys: new Map(), passedUntil: Date.now() }
    spaces.set(scratch, space)
    return { store: new RedisStore({ client: aged(await redis, space), prefix: `${nameOf(scratch)}:` }) }
  },
  discard: (scratch) => void spaces.delete(scratch),
  async end() {
    ;(await redis)?.destroy()
    redis = undefined
  },
}

/**
 * The client on a server for which time passes as it does on the clock: before a command, what is left to each key
 * becomes shorter by that much, and the real time that has passed meanwhile is given back.
 */
function aged(client: RedisClient, space: Space) {
  const pass = async () => {
    const passed = Date.now() - space.passedUntil
    space.passedUntil = Date.now()
    for (const [key, since] of passed > 0 ? space.keys : []) {
      const left = (await client.pTTL(key)) + Math.round(performance.now() - since) - passed
      if (left > 0) await client.pExpire(key, left)
      else await client.del([key])
      if (left > 0) space.keys.set(key, performance.now())
      else space.keys.delete(key)
    }
  }
  return {
    async get(key: string) {
      await pass()
      return client.get(key)
    },
    async set(key: string, value: string, options: object) {
      await pass()
      space.keys.set(key, performance.now())
      return client.set(key, value, options)
    },
    async expire(key: string, seconds: number) {
      await pass()
      if (space.keys.has(key)) space.keys.set(key, performance.now())
      return client.expire(key, seconds)
    },
    async del(keys: [string]) {
      await pass()
      space.keys.delete(keys[0])
      return client.del(keys)
    },
  }
}

interface Pool {
  query(sql: string): Promise<unknown>
  end(): Promise<void>
}

let pool: Pool | undefined
/** That each schema has its table. */
const schemas = new Map<string, Promise<void>>()

function poolOf({ load, postgres }: Services): Pool {
  if (postgres === undefined || 'missing' in postgres) throw new Error(postgres?.missing ?? 'there is no server')
  pool ??= new (load('pg').Pool)({ connectionString: postgres.url }) as Pool
  return pool
}

type PgStore = ExpressStore & { pruneSessions(done: (error?: unknown) => void): void }

export const connectPgPeer: Peer = {
  name: 'connect-pg-simple',
  title: 'connect-pg-simple',
  driver: 'pg',
  storage: 'server',
  how: '`{ pool, pruneSessionInterval: false }` on a PostgreSQL server of its own, a schema for each run; clean-up is its `pruneSessions()`',
  async open(scratch, services) {
    const on = poolOf(services)
    const schemaName = nameOf(scratch)
    const Store: new (options: object) => PgStore = services.load('connect-pg-simple')(expressSession(services))
    const open = () => {
      const store = new Store({ pool: on, schemaName, createTableIfMissing: true, pruneSessionInterval: false })
      const cleanUp = () =>
        new Promise<void>((resolve, reject) => store.pruneSessions((error) => (error ? reject(error) : resolve())))
      return { store, cleanUp }
    }
    // The first call of a store creates its table; handles that are opened at once would all try to.
    const created = schemas.get(schemaName) ?? on.query(`CREATE SCHEMA ${schemaName}`).then(() => open().cleanUp())
    schemas.set(schemaName, created)
    await created
    return open()
  },
  discard: (scratch, services) => poolOf(services).query(`DROP SCHEMA IF EXISTS ${nameOf(scratch)} CASCADE`),
  async end() {
    await pool?.end()
    pool = undefined
  },
}
