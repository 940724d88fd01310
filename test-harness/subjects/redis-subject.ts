import { createHash } from 'node:crypto'
import type { RedisClient } from '@leeway/redis'
import { redisStore } from '@leeway/redis'
import { defineSubject, type OpenOptions, type RecordLocation, type Step, type Subject } from '../src/engine/subject.ts'

/** A client that can write raw commands and connect when it is told to. */
export interface Connection extends RedisClient {
  setrange(key: string, offset: number, value: string): Promise<number>
  connect(): Promise<void>
  disconnect(): void
}

export interface RedisPlace {
  readonly name: string
  /** Where the subject is the default export. */
  readonly module: string
  /** A client of the server or the cluster that has not yet connected. */
  client(): Connection
}

/** The store on a running server or cluster. Each rule has a connection of its own. */
export function redisSubject({ name, module, client }: RedisPlace): Subject {
  let connection: Promise<Connection> | undefined
  const connected = (): Promise<Connection> => {
    connection ??= connect(client())
    return connection
  }
  const open = ({ scratch, namespace, clock, step, maxPayloadBytes }: OpenOptions, on: RedisClient) =>
    redisStore({ client: stepped(on, step), prefix: prefixOf(scratch), namespace, clock, maxPayloadBytes })

  return defineSubject({
    name,
    module,
    open: async (options) => open(options, await connected()),
    /** Writes over the head of the record. */
    async corrupt({ scratch, namespace, id }: RecordLocation) {
      await (await connected()).setrange(`${prefixOf(scratch)}${namespace}:${id}`, 0, 'damaged')
    },
    /** On a client that has closed its connection for good. */
    fail(options) {
      const ended = client()
      ended.disconnect()
      return open(options, ended)
    },
    expiresInRealTime: true,
    async discard() {
      const closing = await connection
      connection = undefined
      closing?.disconnect()
    },
  })
}

async function connect(client: Connection): Promise<Connection> {
  await client.connect()
  return client
}

/** One server holds what all rules store. */
function prefixOf(scratch: string): string {
  return `${createHash('sha256').update(scratch).digest('hex').slice(0, 16)}:`
}

/** Awaits the kit before every command that reads or changes records. */
function stepped(client: RedisClient, step: Step): RedisClient {
  return {
    async get(key) {
      await step('GET')
      return client.get(key)
    },
    async getrange(key, start, end) {
      await step('GETRANGE')
      return client.getrange(key, start, end)
    },
    async del(key) {
      await step('DEL')
      return client.del(key)
    },
    async evalsha(sha, keys, ...rest) {
      await step('EVALSHA')
      return client.evalsha(sha, keys, ...rest)
    },
    async eval(script, keys, ...rest) {
      await step('EVAL')
      return client.eval(script, keys, ...rest)
    },
    ...(client.nodes
      ? { nodes: (role) => client.nodes?.(role) ?? [] }
      : {
          scan: (...args) => {
            if (!client.scan) throw new Error('a server can be scanned')
            return client.scan(...args)
          },
          info: (section) => client.info?.(section) ?? Promise.resolve(''),
        }),
    get status() {
      return client.status ?? ''
    },
  }
}
