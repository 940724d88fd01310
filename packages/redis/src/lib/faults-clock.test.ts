import { until } from '@leeway/testing'
import { record, version } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import { redisStore } from '../index.ts'
import { sharedServer } from '../testing/support.ts'

const { client } = await sharedServer()

const HOUR_MS = 3_600_000
const TTL_MS = 600

test.each([
  ['ahead', HOUR_MS],
  ['behind', -HOUR_MS],
])(
  'with an application clock an hour %s, sessions and their index live as long as they should',
  async (name, skewMs) => {
    const clock = { now: () => Date.now() + skewMs }
    const store = redisStore({ client, clock, prefix: `${name}:` })
    const lifetime = () => ({ expiresAt: clock.now() + TTL_MS / 2, purgeAt: clock.now() + TTL_MS })
    const session = record('x', { owner: 'alice', ...lifetime() })
    const index = `${name}:default:owner:alice`
    const exists = async () => (await client.exists(index)) === 1
    const listed = async () => (await store.list?.({ owner: 'alice', limit: 5 }))?.sessions.length

    let startedAt = performance.now()
    await store.create(session)
    expect([await listed(), await exists()]).toEqual([1, true])
    for (let round = 0; round < 3; round++) {
      await new Promise((resolve) => setTimeout(resolve, TTL_MS / 3))
      startedAt = performance.now()
      expect(await store.touch(session, lifetime())).toBe('touched')
    }
    const next = { ...session, ...lifetime(), version: version(2) }
    expect(await store.update(next, session.version)).toBe('saved')
    expect(await listed()).toBe(1)
    await until('the session has gone', async () => (await store.load(session.id)) === undefined, 5_000)
    expect(performance.now() - startedAt).toBeGreaterThan(TTL_MS - 10)
    expect(performance.now() - startedAt).toBeLessThan(TTL_MS + 1_500)
    await until('the index has gone', async () => !(await exists()), 5_000)
    expect(performance.now() - startedAt).toBeLessThan(TTL_MS + 2_000)
  },
)
