import { lstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { record, sessionId, version } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import { tree } from '../testing/directories.ts'
import { pathOf, runProcess, temporaryDirectory, watchProcess } from '../testing/support.ts'
import { type FileCall, watchedFs } from '../testing/watched-fs.ts'
import { fileStore } from './file-store.ts'
import { Permits } from './permits.ts'

test('work beyond the permits waits its turn', async () => {
  const permits = new Permits(2)
  const order: string[] = []
  await Promise.all([permits.take(), permits.take()])
  const waiting = ['third', 'fourth'].map((name) => permits.take().then(() => order.push(name)))
  permits.giveBack()
  await waiting[0]
  expect(order).toEqual(['third'])
  permits.giveBack()
  await waiting[1]
  for (const _ of [3, 4]) permits.giveBack()
  await Promise.all([permits.take(), permits.take()])
  expect(order).toEqual(['third', 'fourth'])
})

test('thousands of calls at once do not run out of files in a process that may open 256', async () => {
  const directory = temporaryDirectory()
  const script = 'ulimit -n 256 && exec "$0" --conditions=@leeway/source "$1" "$2"'
  const running = watchProcess('sh', ['-c', script, process.execPath, pathOf('loader.ts'), directory])
  expect(await running.ended()).toBe(0)
  expect(JSON.parse(running.lines[0] ?? '')).toEqual({
    create: { created: 600 },
    load: { fulfilled: 3_000 },
    update: { saved: 600 },
    list: { fulfilled: 50 },
    destroy: { destroyed: 600 },
  })
})

test.each(['close', 'idle'])('a process with nothing left to do ends: %s', async (then) => {
  const running = runProcess('leaver.ts', [temporaryDirectory(), then])
  expect(await running.ended()).toBe(0)
  expect(running.lines).toEqual(['nothing left to do'])
})

test('directories and files are for their owner only, whatever the umask', async () => {
  const directory = join(temporaryDirectory(), 'new')
  expect(await runProcess('leaver.ts', [directory, 'close']).ended()).toBe(0)
  const modes = { directories: new Set<number>(), files: new Set<number>() }
  for (const path of ['.', ...tree(directory)]) {
    const stats = lstatSync(join(directory, path))
    modes[stats.isDirectory() ? 'directories' : 'files'].add(stats.mode & 0o7777)
  }
  expect(modes).toEqual({ directories: new Set([0o700]), files: new Set([0o600]) })
  expect(statSync(directory).mode & 0o777).toBe(0o700)
})

const HOSTILE: readonly (readonly [unknown])[] = [
  ['../../../../etc/passwd'],
  ['..'],
  ['/etc/passwd'],
  ['a'.repeat(25)],
  ['a'.repeat(27)],
  [`${'a'.repeat(24)}/.`],
  [`${'a'.repeat(25)}\0`],
  [`${'a'.repeat(25)}\n`],
  ['A'.repeat(26)],
  [`${'a'.repeat(25)}ä`],
  [''],
  [7],
  [null],
  [{ toString: () => 'a'.repeat(26) }],
]

test.each(HOSTILE)('the id %j is refused before any file is touched', async (hostile) => {
  const calls: FileCall[] = []
  const fs = watchedFs(async (call) => {
    calls.push(call)
  })
  const store = fileStore({ directory: temporaryDirectory(), fs })
  const id = hostile as string
  const given = { ...record('1aa'), id }
  const answers = [
    store.load(id),
    store.create(given),
    store.update(given, version(1)),
    store.touch(given, given),
    store.destroy(id),
  ]
  for (const answer of await Promise.allSettled(answers)) {
    expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'ERR_INVALID_ID' } })
  }
  const forged = { ...record('1aa'), version: '../../../../etc/passwd' }
  for (const answer of await Promise.allSettled([store.create(forged), store.update(forged, version(1))])) {
    expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'ERR_INVALID_RECORD' } })
  }
  expect(calls).toEqual([])
  await store.close()
})

test.each(['../../..', '/', 'a\0b', '.', 'x'.repeat(255), 'ä/€'])(
  'the owner %j names nothing outside of the directory',
  async (owner) => {
    const paths = new Set<string>()
    const directory = temporaryDirectory()
    const fs = watchedFs(async (_, given) => {
      for (const path of given.filter((one) => typeof one === 'string')) paths.add(path)
    })
    const store = fileStore({ directory, fs })
    expect(await store.create(record('1aa', { owner }))).toBe('created')
    await store.list?.({ owner, limit: 9, cursor: '../../..' })
    expect((await store.list?.({ owner, limit: 9 }))?.sessions).toHaveLength(1)
    await store.sweep({ cutoff: 9_000, limit: 9, budgetMs: 60_000, cursor: '../../..' })
    expect(await store.destroy(sessionId('1aa'))).toMatch(/destroyed|gone/)
    await store.close()
    expect([...paths].every((path) => /^\/[\w./-]+$/.test(path) && !path.includes('..'))).toBe(true)
    expect([...paths].filter((path) => !path.startsWith(`${directory}/default/`))).toEqual([])
  },
)

test('close waits for what is under way', async () => {
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>()
  const { promise: isWaiting, resolve: wait } = Promise.withResolvers<void>()
  const order: string[] = []
  const fs = watchedFs(async (call) => {
    if (call !== 'rename') return
    wait()
    await mayGoOn
    order.push('renamed')
  })
  const store = fileStore({ directory: temporaryDirectory(), fs })
  const created = store.create(record('1aa')).then((answer) => order.push(answer))
  await isWaiting
  const closed = store.close().then(() => order.push('closed'))
  await expect(store.load(sessionId('1aa'))).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' })
  expect(order).toEqual([])
  goOn()
  await Promise.all([created, closed])
  expect(order).toEqual(['renamed', 'created', 'closed'])
})

test('a caller does not wait for what is cleared away behind it, and close does', async () => {
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>()
  const order: string[] = []
  const directory = temporaryDirectory()
  const fs = watchedFs(async (call) => {
    if (call !== 'unlink') return
    await mayGoOn
    order.push('cleared away')
  })
  const store = fileStore({ directory, fs })
  await store.create(record('1aa'))
  expect(await store.update(record('1aa', { version: version(2) }), version(1))).toBe('saved')
  const closed = store.close().then(() => order.push('closed'))
  expect(order).toEqual([])
  goOn()
  await closed
  expect(order).toEqual(['cleared away', 'closed'])
})

test('where much is to be cleared away already, a caller waits for it', async () => {
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>()
  let clearing = 0
  const fs = watchedFs(async (call) => {
    if (call !== 'unlink') return
    clearing++
    await mayGoOn
  })
  const store = fileStore({ directory: temporaryDirectory(), fs })
  await store.create(record('1aa'))
  let answered = 0
  const updates = (async () => {
    for (let n = 2; n < 100; n++, answered++) await store.update(record('1aa', { version: version(n) }), version(n - 1))
  })()
  while (clearing <= 64) await new Promise(setImmediate)
  expect(answered).toBeLessThan(65)
  goOn()
  await updates
  expect(answered).toBe(98)
  await store.close()
})
