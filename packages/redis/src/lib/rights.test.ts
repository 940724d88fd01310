import { readFileSync } from 'node:fs'
import { version } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import { callsOn } from '../testing/calls-of.ts'
import { clientOf, failureOf, live, serverOf } from '../testing/support.ts'
import { redisStore } from './redis-store.ts'

/** What docs/redis-store.md says that a user needs on one server. */
function documentedRights(): string[] {
  const page = readFileSync(new URL('../../../../docs/redis-store.md', import.meta.url), 'utf8')
  const paragraph = page.split('\n\n').find((one) => one.startsWith('A user with few rights')) ?? ''
  const rights = [...paragraph.matchAll(/\+[a-z|]+/g)].map(([right]) => right)
  return rights.filter((right) => !right.includes('|') && right !== '+wait')
}

test('a user with the documented rights can do everything, and with one right less cannot', async () => {
  const server = await serverOf()
  const rights = documentedRights()
  const session = live(1, { owner: 'alice' })

  /** Whatever a script may come to: a retry, an entry that is past, a key that has lost its time to live, a next page. */
  async function useAll(username: string): Promise<void> {
    await server.command('FLUSHALL')
    await server.command('SCRIPT', 'FLUSH')
    await server.command('ZADD', 'leeway:default:owner:alice', 1, 'a'.repeat(26))
    const store = redisStore({ client: clientOf(server, { username, password: 'x', enableReadyCheck: false }) })
    const calls = callsOn(store, session)
    await calls.create?.()
    await calls.create?.()
    await calls.load?.()
    await store.touch(session, { expiresAt: session.expiresAt + 1, purgeAt: session.purgeAt + 1 })
    await server.command('PERSIST', `leeway:default:${session.id}`)
    await calls.update?.()
    await store.update({ ...session, id: live(2).id }, version(1))
    const page = await store.list?.({ owner: 'alice', limit: 1 })
    await store.list?.({ owner: 'alice', limit: 1, cursor: page?.cursor })
    await server.command('ZREM', 'leeway:default:owner:alice', session.id)
    await store.list?.({ owner: 'alice', limit: 1, cursor: page?.cursor })
    await calls.list?.()
    await calls.destroy?.()
  }

  const grant = (username: string, granted: readonly string[]) =>
    server.command('ACL', 'SETUSER', username, 'on', '>x', 'resetkeys', '~leeway:*', '-@all', '+hello', ...granted)
  await grant('all', rights)
  await useAll('all')
  for (const [number, right] of rights.entries()) {
    await grant(
      `no-${number}`,
      rights.filter((other) => other !== right),
    )
    expect((await failureOf(useAll(`no-${number}`))).error.code, right).toBe('ERR_STORE_FAILED')
  }
})

test('an answer that is none, from a client in the middle of a transaction, is not taken for one', async () => {
  const client = clientOf(await serverOf())
  const store = redisStore({ client })
  const session = live(1)
  await store.create(session)
  await client.multi({ pipeline: false })
  for (const name of ['create', 'load', 'update', 'touch', 'destroy']) {
    expect((await failureOf(callsOn(store, session)[name]?.() ?? Promise.resolve())).error.code).toBe(
      'ERR_STORE_FAILED',
    )
  }
  await client.discard()
  expect(await store.load(session.id)).toEqual(session)
})
