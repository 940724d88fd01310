import type { StoredSession } from '@leeway/core/adapter'
import { version } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import { redisStore } from '../index.ts'
import { clientOf, failureOf, HUSH, live, outcomeOf, serverOf } from '../testing/support.ts'

const FILLING = `${HUSH} `.repeat(2_000)

test('a full server refuses what needs room; sessions are read, extended and ended, and nothing is lost', async () => {
  const server = await serverOf({ args: ['--maxmemory-policy', 'noeviction'] })
  const store = redisStore({ client: clientOf(server) })
  const used = Number(/^used_memory:(\d+)/m.exec(String(await server.command('INFO', 'memory')))?.[1])
  await server.command('CONFIG', 'SET', 'maxmemory', used + 3_000_000)

  const stored: StoredSession[] = []
  const next = () => live(stored.length, { owner: stored.length % 2 ? 'alice' : null, payload: FILLING })
  let outcome = await outcomeOf(store.create(next()))
  while ('value' in outcome) {
    stored.push(next())
    outcome = await outcomeOf(store.create(next()))
  }
  expect([outcome.error.code, outcome.error.operation]).toEqual(['ERR_STORE_FAILED', 'create'])
  expect(outcome.error.message).toContain('OOM')
  expect(stored.length).toBeGreaterThan(20)
  await server.command('CONFIG', 'SET', 'maxmemory', used)

  for (const owner of ['alice', 'newcomer', null]) {
    expect((await failureOf(store.create(live('onemore', { owner })))).error.code).toBe('ERR_STORE_FAILED')
  }
  // The scripts that a full server is asked for may be the first that it has seen of them.
  await server.command('SCRIPT', 'FLUSH')
  for (const session of stored) {
    const later = { expiresAt: session.expiresAt + 1_000, purgeAt: session.purgeAt + 1_000 }
    expect(await store.load(session.id)).toMatchObject({ version: session.version, payload: FILLING })
    expect(await store.touch(session, later)).toBe('touched')
    expect(await store.load(session.id)).toMatchObject({ version: session.version, ...later })
  }
  const [first, second, third] = stored
  if (!first || !second || !third) throw new Error('there are more than twenty')
  for (const session of [first, second]) {
    const update = store.update({ ...session, version: version(2), payload: HUSH }, session.version)
    expect((await failureOf(update)).error.message).toContain('OOM')
    expect(await store.load(session.id)).toMatchObject({ version: session.version, payload: FILLING })
  }
  expect((await store.list?.({ owner: 'alice', limit: 500 }))?.sessions).toHaveLength(Math.floor(stored.length / 2))

  for (const session of stored.slice(2)) expect(await store.destroy(session.id)).toBe('destroyed')
  expect(await store.load(third.id)).toBe(undefined)
  await server.command('CONFIG', 'SET', 'maxmemory', used + 3_000_000)
  for (const session of [first, second]) {
    expect(await store.update({ ...session, version: version(2) }, session.version)).toBe('saved')
  }
  expect(await store.create(live('onemore', { owner: 'newcomer' }))).toBe('created')
  console.log(`a full server: ${stored.length} sessions acknowledged before, all of them read and extended while full`)
})
