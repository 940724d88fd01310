import { record, sessionId, version } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../testing/support.ts'
import { type FileCall, watchedFs } from '../testing/watched-fs.ts'
import { fileStore } from './file-store.ts'
import { Recent } from './recent.ts'

const seen = (of: string) => ({
  state: { name: '', seq: 1, nonce: '', expiresAt: 1, purgeAt: 2 },
  payload: { name: '', seq: 1, nonce: '', version: version(of), binding: undefined },
})

test('what was seen is given out once, and only for the version that was seen', () => {
  const recent = new Recent()
  recent.add(sessionId('a'), seen('1'))
  expect(recent.take(sessionId('a'), version('1'))).toEqual(seen('1'))
  expect(recent.take(sessionId('a'), version('1'))).toBeUndefined()
  recent.add(sessionId('a'), seen('1'))
  expect(recent.take(sessionId('a'), version('2'))).toBeUndefined()
  expect(recent.take(sessionId('b'), version('1'))).toBeUndefined()
})

test('the latest 4,096 are kept', () => {
  const recent = new Recent()
  for (let n = 0; n < 4_097; n++) recent.add(sessionId(n), seen('1'))
  recent.add(sessionId(1), seen('2'))
  recent.add(sessionId('new'), seen('1'))
  expect([0, 2].map((n) => recent.take(sessionId(n), version('1')))).toEqual([undefined, undefined])
  expect(recent.take(sessionId(1), version('2'))).toEqual(seen('2'))
  expect(recent.take(sessionId(3), version('1'))).toEqual(seen('1'))
})

test('a request that writes what it has loaded does not look again, and looks where somebody else was first', async () => {
  const directory = temporaryDirectory()
  const calls: FileCall[] = []
  const store = fileStore({ directory, fs: watchedFs(async (call) => void calls.push(call)) })
  const other = fileStore({ directory })
  await other.create(record('1aa'))
  const looks = async (work: () => Promise<unknown>) => {
    calls.length = 0
    const answer = await work()
    return [answer, calls.filter((call) => call === 'readdir').length]
  }
  const lifetime = (ms: number) => ({ expiresAt: 9_000 + ms, purgeAt: 9_000 + ms })

  await store.load(sessionId('1aa'))
  expect(await looks(() => store.touch(record('1aa'), lifetime(1)))).toEqual(['touched', 0])
  expect(await looks(() => store.update(record('1aa', { version: version(2) }), version(1)))).toEqual(['saved', 0])
  // Nothing to extend, so nothing tells whether the session is still there.
  expect(await looks(() => store.touch(record('1aa', { version: version(2) }), lifetime(-8_500)))).toEqual([
    'touched',
    1,
  ])

  await store.load(sessionId('1aa'))
  await other.touch(record('1aa', { version: version(2) }), lifetime(2))
  expect(await looks(() => store.update(record('1aa', { version: version(3) }), version(2)))).toEqual(['saved', 1])
  await other.update(record('1aa', { version: version(4) }), version(3))
  expect((await looks(() => store.update(record('1aa', { version: version(5) }), version(3))))[0]).toBe('conflict')
  await store.load(sessionId('1aa'))
  await other.destroy(sessionId('1aa'))
  expect((await looks(() => store.touch(record('1aa', { version: version(4) }), lifetime(3))))[0]).toBe('gone')
  await store.load(sessionId('1aa'))
  expect((await looks(() => store.update(record('1aa', { version: version(4) }), version(4))))[0]).toBe('gone')
  await Promise.all([store.close(), other.close()])
})
