import { startRedis, until } from '@leeway/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { openRedis } from './redis.ts'
import { serverProcesses } from './server-process.ts'

/** The store's own deadline, and what a busy machine may add. */
const WITHIN_MS = 2_000 + 3_000
const ADVICE = 'Start one (redis-server), or say where yours is: REDIS_URL=redis://:password@host:6379'

type Redis = Awaited<ReturnType<typeof startRedis>>

const start = serverProcesses()
const started: Redis[] = []
afterEach(async () => {
  for (const redis of started.splice(0)) await redis.stop()
})

async function redisServer(...[options]: Parameters<typeof startRedis>): Promise<Redis> {
  const redis = await startRedis(options)
  started.push(redis)
  return redis
}

const startOn = (url: string) => start({ LEEWAY_STORE: 'redis', REDIS_URL: url })

describe('a Redis that cannot be used is told in two lines, with what to do', () => {
  test('by the server, which ends', async () => {
    const server = startOn('redis://127.0.0.1:1/')
    expect(await server.ended).toBe(1)
    expect(server.told).toEqual([
      'leeway example: cannot open the sessions: Redis at redis://127.0.0.1:1/ cannot be used: connect ECONNREFUSED 127.0.0.1:1',
      ADVICE,
    ])
  })

  test('one that has no address', async () => {
    const refused = `Redis at redis://redis.invalid cannot be used: getaddrinfo`
    await expect(openRedis('redis://:secret@redis.invalid')).rejects.toThrow(refused)
  })

  test('one that wants a password; with it, it is used, and the password is not told', async () => {
    const redis = await redisServer()
    await redis.command('CONFIG', 'SET', 'requirepass', 'secret')
    await expect(openRedis(redis.url)).rejects.toThrow(/NOAUTH.*\nStart one/)
    const { store, path } = await openRedis(redis.url.replace('//', '//:secret@'))
    expect(path).toBe(redis.url)
    await store.close()
  })

  test('one that takes the connection and says nothing', async () => {
    const redis = await redisServer()
    await redis.pause()
    await expect(openRedis(redis.url)).rejects.toThrow('did not answer within 2000 ms')
  })

  test.each(['localhost:6379', 'http://127.0.0.1:6379', 'redis://'])('one at %s', async (url) => {
    await expect(openRedis(url)).rejects.toThrow('REDIS_URL is not a URL such as redis://127.0.0.1:6379')
  })
})

test('while Redis is out every request is told so in time, and after it all goes on', async () => {
  const redis = await redisServer({ appendonly: 'always' })
  const server = startOn(redis.url)
  const url = await server.url()
  const send = (action: string, cookie = '') => {
    const headers = { 'content-type': 'application/json', cookie }
    return fetch(new URL(`/a/api/${action}`, url), { method: 'POST', headers, body: '{"name":"Ada"}' })
  }
  const login = await send('login')
  const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const actions = ['rotate', 'revoke-others', 'logout', ...Array(20).fill('visit')]

  const outages = [
    { begin: () => redis.kill(), end: () => redis.start() },
    { begin: () => redis.pause(), end: () => redis.resume() },
  ]
  for (const [i, { begin, end }] of outages.entries()) {
    await begin()
    const askedAt = performance.now()
    const answers = await Promise.all(actions.map((action) => send(action, cookie)))
    expect(performance.now() - askedAt).toBeLessThan(WITHIN_MS)
    expect(answers.map(({ status }) => status)).toEqual(actions.map(() => 503))
    expect(answers.flatMap(({ headers }) => headers.getSetCookie())).toEqual([])
    await end()

    let again: Response | undefined
    await until('a visit is answered', async () => {
      again = await send('visit', cookie)
      return again.status === 200
    })
    expect(await again?.json()).toMatchObject({ session: { owner: 'Ada', visits: i + 1 } })
  }
  // For each outage a line of the connection, one that it is back, and one for each way in which a load fails.
  expect(
    server.told.filter((line) => !/^(Redis at|sessions: load failed: ERR_STORE_(FAILED|TIMEOUT): )/.test(line)),
  ).toEqual([])
  expect(server.told.length).toBeLessThanOrEqual(8)

  await redis.pause()
  expect(await server.stop()).toBe(0)
})
