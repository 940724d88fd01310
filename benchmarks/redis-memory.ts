import { redisStore } from '@leeway/redis'
import { type RedisServer, startRedis } from '@leeway/testing'
import { RedisStore } from 'connect-redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { newId } from './file-contenders.ts'
import { bytesPerSession, ownerOf } from './redis-filled.ts'
import { newSession, passing } from './redis-leeway.ts'
import { check, jsonSession } from './redis-raw.ts'
import { table } from './redis-report.ts'

type Fill = (server: RedisServer, payload: string, sessions: number) => Promise<number>

const ways: Record<string, Fill> = {
  leeway: (...given) => leeway(...given, () => null),
  'leeway, five sessions an owner': (...given) => leeway(...given, ownerOf),
  async 'connect-redis'(server, payload, sessions) {
    const client = await createClient({ url: server.url }).connect()
    const store = new RedisStore({ client })
    const bytes = await bytesPerSession(server, sessions, () => store.set(newId(), jsonSession(payload)))
    client.destroy()
    return bytes
  },
}

async function leeway(
  server: RedisServer,
  payload: string,
  sessions: number,
  owner: (n: number) => string | null,
): Promise<number> {
  const client = new Redis(server.port)
  const store = redisStore({ client })
  const lifetime = passing()
  const create = async (n: number) =>
    check(await store.create(newSession(newId(), payload, owner(n), lifetime())), 'created')
  const bytes = await bytesPerSession(server, sessions, create)
  await store.close()
  client.disconnect()
  return bytes
}

/** Each with a server of its own. */
export async function memoryTable(payload: string, sessions: number): Promise<string> {
  const rows: string[][] = []
  for (const [name, fill] of Object.entries(ways)) {
    const server = await startRedis()
    const bytes = await fill(server, payload, sessions)
    await server.stop()
    rows.push([name, bytes.toFixed()])
  }
  return table(['', 'bytes a session'], rows)
}
