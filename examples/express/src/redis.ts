import { setTimeout as delay } from 'node:timers/promises'
import type { SessionStore } from '@leeway/core'
import { redisStore } from '@leeway/redis'
import { Redis } from 'ioredis'

const LONGEST_PAUSE_MS = 500
const QUIT_MS = 500
/** A session that nobody has. */
const NOBODY = '0'.repeat(26)

/** Sessions in the Redis that the URL names, which has to answer now; later it may come and go. */
export async function openRedis(given: string): Promise<{ readonly store: SessionStore; readonly path: string }> {
  const url = redisUrl(given)
  // Without the password, as it goes to the log.
  const where = `${url.protocol}//${url.host}${url.pathname}`
  const client = new Redis(url.href, {
    connectTimeout: 2_000,
    // Soon there again when Redis is, after an outage of any length.
    retryStrategy: (attempt) => Math.min(attempt * 50, LONGEST_PAUSE_MS),
    // What waits for a connection fails after some attempts: no queue grows, and little is sent after its request has failed.
    maxRetriesPerRequest: 5,
    // A connection that has gone silent, as when the other end was cut off, is given up for a new one.
    socketTimeout: 5_000,
  })
  const store = redisStore({ client })
  try {
    await firstAnswer(client, store)
  } catch (error) {
    client.disconnect()
    throw new Error(
      `Redis at ${where} cannot be used: ${reason(error)}\n` +
        'Start one (redis-server), or say where yours is: REDIS_URL=redis://:password@host:6379',
    )
  }
  tellOutages(client, where)
  return { store: { ...store, close: () => closeBoth(store, client) }, path: where }
}

function redisUrl(given: string): URL {
  const url = URL.parse(given)
  if (url && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname) return url
  throw new Error('REDIS_URL is not a URL such as redis://127.0.0.1:6379')
}

/** Resolves once the store has been answered. Where it is not, what the connection says is why. */
async function firstAnswer(client: Redis, store: SessionStore): Promise<void> {
  let failure: unknown
  const note = (error: Error) => {
    failure = error
  }
  client.on('error', note)
  try {
    await store.load(NOBODY)
  } catch (error) {
    throw failure ?? error
  } finally {
    client.off('error', note)
    // One without any listener would be printed, with its stack.
    client.on('error', () => {})
  }
}

/** The client tries again and again, and each attempt is an error of its own: an outage is told once, and its end. */
function tellOutages(client: Redis, where: string): void {
  let isOut = false
  client.on('error', (error) => {
    if (!isOut) console.error(`Redis at ${where}: ${reason(error)}; trying again`)
    isOut = true
  })
  client.on('ready', () => {
    if (isOut) console.error(`Redis at ${where} is back`)
    isOut = false
  })
}

/** The store first: it waits for what is under way. */
async function closeBoth(store: SessionStore, client: Redis): Promise<void> {
  await store.close()
  // A server that does not answer does not hold up the stop.
  await Promise.race([client.quit().catch(() => {}), delay(QUIT_MS, undefined, { ref: false })])
  client.disconnect()
}

/** A name with several addresses fails with an error for each, and no message of its own. */
function reason(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  return message || code || String(error)
}
