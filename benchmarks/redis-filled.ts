import type { SessionStore } from '@leeway/core/adapter'
import { redisStore } from '@leeway/redis'
import { type RedisServer, startRedis, until } from '@leeway/testing'
import { Redis } from 'ioredis'
import { newId } from './file-contenders.ts'
import { each } from './file-turns.ts'
import { newSession, passing } from './redis-leeway.ts'
import { check } from './redis-raw.ts'

export const PER_OWNER = 5
export const ownerOf = (n: number) => `owner-${Math.floor(n / PER_OWNER)}`

const MANY = 1_000
const OWNER_OF_MANY = 'owner of many'

/** Half of the sessions have an owner: who is in the second half. */
export class Filled {
  readonly server: RedisServer
  readonly size: number
  readonly bytes: { readonly unowned: number; readonly owned: number }
  readonly #store: SessionStore
  readonly #client: Redis
  readonly #ids: readonly string[]

  private constructor(
    server: RedisServer,
    client: Redis,
    store: SessionStore,
    ids: readonly string[],
    bytes: number[],
  ) {
    const [unowned = 0, owned = 0] = bytes
    this.server = server
    this.size = ids.length
    this.bytes = { unowned, owned }
    this.#store = store
    this.#client = client
    this.#ids = ids
  }

  /** Through the store, 64 at a time. */
  static async start(size: number, payload: string): Promise<Filled> {
    const server = await startRedis()
    const client = new Redis(server.port)
    const store = redisStore({ client })
    const ids = Array.from({ length: size }, newId)
    const half = size / 2
    const lifetime = passing()
    const create = async (id: string, owner: string | null) =>
      check(await store.create(newSession(id, payload, owner, lifetime())), 'created')
    const unowned = await bytesPerSession(server, half, (n) => create(ids[n] ?? '', null))
    const owned = await bytesPerSession(server, half, (n) => create(ids[half + n] ?? '', ownerOf(n)))
    // Beside the others, and not in the figures of memory.
    await each(MANY, () => create(newId(), OWNER_OF_MANY))
    return new Filled(server, client, store, ids, [unowned, owned])
  }

  readonly works = {
    load: async () => check((await this.#store.load(this.#ids[random(this.size)] ?? '')) === undefined, false),
    'GET, raw': async () =>
      check((await this.#client.get(`leeway:default:${this.#ids[random(this.size)]}`)) === null, false),
    'list the 5 sessions of an owner': () => this.#list(ownerOf(random(this.size / 2)), PER_OWNER),
    'list the 1,000 sessions of an owner': () => this.#list(OWNER_OF_MANY, MANY),
  }

  /** All sessions, page by page. */
  async listAll(limit: number, seen: (pageMs: number) => void): Promise<void> {
    let sessions = 0
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const startedAt = performance.now()
      const page = await this.#store.list?.({ limit, cursor })
      seen(performance.now() - startedAt)
      sessions += page?.sessions.length ?? 0
      cursor = page?.cursor
    }
    check(sessions >= this.size + MANY, true)
  }

  async stop(): Promise<void> {
    await this.#store.close()
    this.#client.disconnect()
    await this.server.stop()
  }

  async #list(owner: string, expected: number): Promise<void> {
    check((await this.#store.list?.({ owner, limit: MANY }))?.sessions.length, expected)
  }
}

/** What the server's `used_memory` grows by. */
export async function bytesPerSession(server: RedisServer, count: number, create: (n: number) => Promise<unknown>) {
  const before = await usedMemory(server)
  await each(count, create)
  return ((await usedMemory(server)) - before) / count
}

/** Once it stays as it is: buffers of clients are given back, and the tables of keys have been moved. */
async function usedMemory(server: RedisServer): Promise<number> {
  let [last, used] = [Number.NaN, Number.NaN]
  await until('its memory stays', async () => {
    last = used
    used = Number(/^used_memory:(\d+)/m.exec(String(await server.command('INFO', 'memory')))?.[1])
    return Math.abs(used - last) < 4_096
  })
  return used
}

function random(below: number): number {
  return Math.floor(Math.random() * below)
}
