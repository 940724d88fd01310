import { createHash } from 'node:crypto'
import type { RedisClient } from '@leeway/redis'
import { redisStore } from '@leeway/redis'
import { defineSubject, type OpenOptions, type RecordLocation, type Step, type Subject } from '../src/index.ts'

/** A client that a test has opened, and how to write raw commands with it. */
export interface ConnectedClient extends RedisClient {
  setrange(key: string, offset: number, value: string): Promise<number>
}

/**
 * The store on a running server or cluster.
 * @param ended another client of it, whose connection has been closed for good
 */
export function redisSubject(name: string, client: ConnectedClient, ended: RedisClient): Subject {
  const open = ({ scratch, namespace, clock, step, maxPayloadBytes }: OpenOptions, on: RedisClient = client) =>
    redisStore({ client: stepped(on, step), prefix: prefixOf(scratch), namespace, clock, maxPayloadBytes })

  return defineSubject({
    name,
    open: (options) => open(options),
    /** Writes over the head of the record. */
    async corrupt({ scratch, namespace, id }: RecordLocation) {
      await client.setrange(`${prefixOf(scratch)}${namespace}:${id}`, 0, 'damaged')
    },
    fail: (options) => open(options, ended),
  })
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
