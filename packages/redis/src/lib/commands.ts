import type { RedisClient } from './client.ts'
import { isNoScript } from './failures.ts'
import type { Script } from './scripts.ts'

/** How writes reach Redis: each is one command on one key. */
export interface Writer {
  /** Whether there was such a key. */
  remove(key: string): Promise<boolean>
  run(script: Script, key: string, ...args: string[]): Promise<unknown>
  close(): void
}

/** Runs a script by its digest; a server that does not know it (yet, or no more, or since a failover) is told it. */
export async function runScript(client: RedisClient, script: Script, key: string, ...args: string[]): Promise<unknown> {
  try {
    return await client.evalsha(script.sha, 1, key, ...args)
  } catch (error) {
    if (!isNoScript(error)) throw error
    return client.eval(script.source, 1, key, ...args)
  }
}

/** Writes that are acknowledged by the server that took them. */
export function plainWriter(client: RedisClient): Writer {
  return {
    remove: async (key) => Number(await client.del(key)) > 0,
    run: (script, key, ...args) => runScript(client, script, key, ...args),
    close() {},
  }
}
