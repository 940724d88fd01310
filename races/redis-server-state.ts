import type { StoredSession } from '@leeway/core'
import type { Redis } from 'ioredis'
import { ID, type Outcome } from './one-session.ts'

/** Everything that the server holds, in one step. */
const READ_ALL = `
local time = redis.call('TIME')
local keys = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local entries = redis.call('TYPE', key).ok == 'zset' and redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') or { '' }
  table.insert(keys, { name = key, ttl = redis.call('PTTL', key), entries = entries })
end
return cjson.encode({ now = time[1] * 1000 + math.floor(time[2] / 1000), keys = #keys > 0 and keys or nil })
`
/** By so much the server's clock may have been set or slewed against this process' during a run, in milliseconds. */
const SLEW_MS = 5

interface ServerState {
  readonly now: number
  readonly keys?: readonly Key[]
}

interface Key {
  readonly name: string
  readonly ttl: number
  /** Of an index: ids and scores in turn. */
  readonly entries: readonly string[]
}

export interface Circumstances {
  /** When the run began, by this process' monotonic clock. */
  readonly startedAt: number
  /** What the stores' clocks said then and ever since. */
  readonly storesNow: number
}

/**
 * What must hold after every order, whatever the answers were.
 * @throws for a key that would stay for ever or go too soon, and for an owner's live session that is not in the index
 */
export async function assertSound(
  client: Redis,
  { stored, owned }: Pick<Outcome, 'stored' | 'owned'>,
  { startedAt, storesNow }: Circumstances,
): Promise<void> {
  const { now, keys = [] } = JSON.parse(String(await client.eval(READ_ALL, 0))) as ServerState
  const passed = performance.now() - startedAt + SLEW_MS
  for (const { name, ttl, entries } of keys) {
    if (ttl <= 0) throw new Error(`${name} has no time to live`)
    const last = Number(entries.at(-1))
    // The server may have been made to wait between the two that a script reads its clock for.
    if (entries.length > 1 && now + ttl < last - passed) throw new Error(`${name} goes before its last entry`)
  }
  const session = stored as StoredSession | undefined
  const key = keys.find(({ name }) => name.endsWith(`:${ID}`))
  if (session === undefined) {
    if (key) throw new Error(`${key.name} is there and cannot be loaded`)
    return
  }
  if (Number(key?.ttl) < session.purgeAt - storesNow - passed)
    throw new Error(`${key?.name} goes before its purge time`)
  if (session.owner === null) return
  if (!JSON.stringify(owned).includes(ID)) throw new Error(`a session of ${session.owner} is missing from the list`)
  const entries = keys.find(({ name }) => name.endsWith(`:owner:${session.owner}`))?.entries ?? []
  const score = Number(entries[entries.indexOf(ID) + 1])
  if (!(score - now >= session.purgeAt - storesNow - passed)) {
    throw new Error(`the index of ${session.owner} forgets a session that it could still need`)
  }
}
