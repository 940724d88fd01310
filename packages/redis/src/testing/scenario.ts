import { version } from '@leeway/testing/records'
import { expect } from 'vitest'
import { type RedisClient, redisStore } from '../index.ts'
import { live } from './support.ts'

/** Everything that a store does, with every answer that it has, over one client. */
export async function scenario(client: RedisClient, prefix: string): Promise<void> {
  const store = redisStore({ client, prefix })
  const sessions = Array.from({ length: 20 }, (_, number) => live(`s${number}`, { owner: number % 2 ? 'alice' : null }))
  const each = <T>(call: (session: (typeof sessions)[number]) => Promise<T>) => Promise.all(sessions.map(call))
  const all = <T>(value: T) => sessions.map(() => value)
  const later = ({ expiresAt, purgeAt }: (typeof sessions)[number]) => ({
    expiresAt: expiresAt + 5,
    purgeAt: purgeAt + 5,
  })

  expect(await each((session) => store.load(session.id))).toEqual(all(undefined))
  expect(await each((session) => store.create(session))).toEqual(all('created'))
  expect(await each((session) => store.create({ ...session, version: version(9) }))).toEqual(all('exists'))
  expect(await each((session) => store.load(session.id))).toEqual(sessions)
  const next = sessions.map((session) => ({ ...session, version: version(2), payload: 'é\u{1F600}\0' }))
  expect(await Promise.all(next.map((session) => store.update(session, version(1))))).toEqual(all('saved'))
  expect(await each((session) => store.update({ ...session, version: version(3) }, version(1)))).toEqual(
    all('conflict'),
  )
  expect(await each((session) => store.touch(session, later(session)))).toEqual(all('conflict'))
  expect(await Promise.all(next.map((session) => store.touch(session, later(session))))).toEqual(all('touched'))
  const touched = next.map((session) => ({ ...session, ...later(session) }))
  expect(await each((session) => store.load(session.id))).toEqual(touched)

  for (const [owner, ofOwner] of [
    ['alice', touched.filter((session) => session.owner === 'alice')],
    [undefined, touched],
  ] as const) {
    const found = new Set<string>()
    let cursor: string | undefined
    do {
      const page = await store.list?.({ owner, limit: 3, cursor })
      for (const { id } of page?.sessions ?? []) found.add(id)
      cursor = page?.cursor
    } while (cursor !== undefined)
    expect([...found].sort()).toEqual(ofOwner.map(({ id }) => id).sort())
  }

  expect(await each((session) => store.destroy(session.id))).toEqual(all('destroyed'))
  expect(await each((session) => store.destroy(session.id))).toEqual(all('gone'))
  expect(await each((session) => store.update({ ...session, version: version(3) }, version(2)))).toEqual(all('gone'))
  await store.close()
}
