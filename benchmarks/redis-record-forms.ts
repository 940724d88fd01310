import { createHash as digest } from 'node:crypto'
import type { StoredSession } from '@leeway/core/adapter'
import { type RedisServer, startRedis } from '@leeway/testing'
import { Redis } from 'ioredis'
import { createScript, type Script, updateScript } from '../packages/redis/src/lib/scripts.ts'
import { encode, instants, padVersion } from '../packages/redis/src/lib/value.ts'
import { newId } from './file-contenders.ts'
import { timed } from './file-turns.ts'
import { alternately, type Call, lasting } from './redis-alternately.ts'
import { bytesPerSession } from './redis-filled.ts'
import { newSession, passing, runner } from './redis-leeway.ts'
import { check } from './redis-raw.ts'
import { table } from './redis-report.ts'
import { commandsOf } from './redis-server-cost.ts'
import { spread } from './summary.ts'

const CALLERS = 64
const TURN_MS = 120
const TTL = '3600000'

/** Keeps a record in Redis, with scripts that promise the same. */
interface Form {
  create(session: StoredSession): Promise<void>
  load(id: string): Promise<void>
  update(session: StoredSession, expected: string): Promise<void>
  close(): void
}

async function string(server: RedisServer): Promise<Form> {
  const client = new Redis(server.port)
  const key = (id: string) => `leeway:default:${id}`
  const run = await runner(client, [createScript, updateScript])
  return {
    async create(session) {
      const args = [padVersion(session.version), encode(session), TTL]
      check(await run(createScript, key(session.id), ...args), 'created')
    },
    async load(id) {
      check(((await client.get(key(id))) ?? '').length > 0, true)
    },
    async update(session, expected) {
      const [, purge] = instants(session)
      const args = [padVersion(expected), padVersion(session.version), encode(session), purge, TTL]
      check(await run(updateScript, key(session.id), ...args), 'saved')
    },
    close: () => client.disconnect(),
  }
}

const createHash: Script = scriptOf(`#!lua
if redis.call('EXISTS', KEYS[1]) == 1 then return 'exists' end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'e', ARGV[2], 'p', ARGV[3], 'd', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 'created'`)

const updateHash: Script = scriptOf(`#!lua
local found = redis.call('HMGET', KEYS[1], 'v', 'p')
if not found[1] then return 'gone' end
if found[1] == ARGV[2] then return 'saved' end
if found[1] ~= ARGV[1] then return 'conflict' end
local purge = ARGV[4]
if tonumber(found[2]) > tonumber(purge) then purge = found[2] end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'e', ARGV[3], 'p', purge, 'd', ARGV[5])
if redis.call('PEXPIRE', KEYS[1], ARGV[6], 'GT') == 0 and redis.call('PTTL', KEYS[1]) == -1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
end
return 'saved'`)

function scriptOf(source: string): Script {
  return { source, sha: digest('sha1').update(source).digest('hex') }
}

async function hash(server: RedisServer): Promise<Form> {
  const client = new Redis(server.port)
  const key = (id: string) => `leeway:default:${id}`
  const run = await runner(client, [createHash, updateHash])
  return {
    async create({ id, version, expiresAt, purgeAt, payload }) {
      const args = [version, String(expiresAt), String(purgeAt), payload, TTL]
      check(await run(createHash, key(id), ...args), 'created')
    },
    async load(id) {
      check((await client.hmget(key(id), 'v', 'e', 'p', 'o', 'd'))[4] === null, false)
    },
    async update({ id, version, expiresAt, purgeAt, payload }, expected) {
      const args = [expected, version, String(expiresAt), String(purgeAt), payload, TTL]
      check(await run(updateHash, key(id), ...args), 'saved')
    },
    close: () => client.disconnect(),
  }
}

interface Side {
  readonly name: string
  readonly server: RedisServer
  readonly form: Form
  readonly bytes: number
  readonly works: Readonly<Record<'load' | 'update', (callers: number) => Call>>
}

/** A record as one string, as the store has it, and as a hash of fields: memory, and what a load and an update cost. */
export async function formsTable(payload: string, sessions: number, rounds: number): Promise<string> {
  const sides = [
    await filled('one string', string, payload, sessions),
    await filled('a hash of fields', hash, payload, sessions),
  ]
  const rows = [['bytes a session', ...sides.map(({ bytes }) => bytes.toFixed())]]
  for (const callers of [1, CALLERS]) {
    for (const work of ['load', 'update'] as const) {
      const calls = sides.map(({ works }) => works[work](callers))
      const us = await alternately(calls, callers, rounds)
      rows.push([`${work}, ${callers} at a time, µs`, ...us.map(spread)])
    }
  }
  for (const work of ['load', 'update'] as const) rows.push([`${work}, server`, ...(await serverCosts(sides, work))])
  for (const { form, server } of sides) {
    form.close()
    await server.stop()
  }
  return table(['', ...sides.map(({ name }) => name)], rows)
}

async function filled(name: string, open: (server: RedisServer) => Promise<Form>, payload: string, sessions: number) {
  const server = await startRedis()
  const form = await open(server)
  const lifetime = passing()
  const stored = Array.from({ length: sessions }, () => newSession(newId(), payload, null, lifetime()))
  const bytes = await bytesPerSession(server, sessions, (n) => form.create(stored[n] as StoredSession))
  const pick = (caller: number, callers: number) =>
    Math.floor(Math.random() * Math.floor(sessions / callers)) * callers + caller
  const works = {
    load: (callers: number) => (caller: number) => form.load(stored[pick(caller, callers)]?.id ?? ''),
    update: (callers: number) => async (caller: number) => {
      const at = pick(caller, callers)
      const before = stored[at] as StoredSession
      stored[at] = newSession(before.id, payload, null, lifetime())
      await form.update(stored[at], before.version)
    },
  }
  return { name, server, form, bytes, works }
}

async function serverCosts(sides: readonly Side[], work: 'load' | 'update'): Promise<string[]> {
  const costs: string[] = []
  for (const { server, works } of sides) {
    await server.command('CONFIG', 'RESETSTAT')
    const { count } = await timed(CALLERS, lasting(TURN_MS), works[work](CALLERS))
    costs.push(await commandsOf(server, count))
  }
  return costs
}
