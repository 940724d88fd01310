import { record, sessionId } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import { runProcess, temporaryPath } from '../testing/support.ts'
import { sqliteStore } from './sqlite-store.ts'

test('increments from two processes and this one are all kept', async () => {
  const path = temporaryPath()
  const store = sqliteStore({ path })
  await store.create(record('counter', { payload: '0' }))
  const processes = ['one', 'two'].map((name) =>
    runProcess('incrementer.ts', [path, sessionId('counter'), name, '500']),
  )
  await Promise.all(processes.map((running) => running.printed(1)))
  for (const running of processes) running.go()
  for (let n = 0; n < 500; ) {
    const loaded = await store.load(sessionId('counter'))
    if (loaded === undefined) throw new Error('the session is gone')
    const next = { ...loaded, version: `here-${n}`.padStart(16, '0'), payload: String(Number(loaded.payload) + 1) }
    if ((await store.update(next, loaded.version)) === 'saved') n++
  }
  expect(await Promise.all(processes.map((running) => running.ended()))).toEqual([0, 0])
  expect((await store.load(sessionId('counter')))?.payload).toBe('1500')
  console.log(`conflicts in the other processes: ${processes.map(({ lines }) => lines[1]).join(' and ')}`)
  await store.close()
})

test('nothing acknowledged is lost, and nothing torn, where the writer is killed', { timeout: 120_000 }, async () => {
  const path = temporaryPath()
  let acknowledged = 0
  let ahead = 0
  for (let run = 0; run < 20; run++) {
    const writer = runProcess('writer.ts', [path, `run${run}`])
    await writer.printed(1 + Math.floor(Math.random() * 1500))
    writer.child.kill('SIGKILL')
    await writer.ended()
    const last = new Map<string, number>()
    for (const line of writer.lines.filter((line) => /^\S{26} \d+$/.test(line))) {
      const [id = '', n] = line.split(' ')
      last.set(id, Number(n))
    }
    acknowledged += writer.lines.length
    const store = sqliteStore({ path })
    for (const [id, n] of last) {
      const stored = await store.load(id)
      const number = Number(stored?.version)
      // The one being written when the process died may have been committed as well.
      expect([n, n + 1]).toContain(number)
      expect(stored?.payload).toBe(`${number};`.repeat(500))
      if (number > n) ahead++
    }
    await store.close()
  }
  console.log(
    `20 kills, ${acknowledged} acknowledged writes, all there; ${ahead} more were committed, not yet acknowledged`,
  )
})

test.each(['close', 'idle'])('a process with nothing left to do ends: %s', async (then) => {
  const path = temporaryPath()
  const running = runProcess('leaver.ts', [path, then])
  expect(await running.ended()).toBe(0)
  expect(running.lines).toEqual(['nothing left to do'])
  const store = sqliteStore({ path })
  expect((await store.list?.({ limit: 500 }))?.sessions).toHaveLength(200)
  await store.close()
})
