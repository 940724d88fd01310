import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { RunningProcess } from '@leeway/testing/running-process'
import { expect, onTestFinished, test } from 'vitest'
import { redisStore } from '../index.ts'
import { clientOf, failureOf, live, serverOf } from '../testing/support.ts'
import { Calls } from './calls.ts'

/** Timers may be early by a fraction, and this machine late. */
const EARLY_MS = 2
const LATE_MS = 500

async function opened(commandTimeoutMs: number) {
  const server = await serverOf()
  const store = redisStore({ client: clientOf(server), commandTimeoutMs })
  const session = live('x')
  await store.create(session)
  return { server, store, session }
}

/** Nothing of this process runs for so long. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

test('a call that is not answered in time rejects then, each after its own time', async () => {
  const { server, store, session } = await opened(200)
  await server.pause()
  const failures = [failureOf(store.load(session.id))]
  await new Promise((resolve) => setTimeout(resolve, 100))
  failures.push(failureOf(store.destroy(session.id)))
  for (const { error, ms } of await Promise.all(failures)) {
    expect(error.code).toBe('ERR_STORE_TIMEOUT')
    expect(error.message).toBe('Redis did not answer within 200 ms')
    expect(error.id).toBe('000000…')
    expect(ms).toBeGreaterThan(200 - EARLY_MS)
    expect(ms).toBeLessThan(200 + LATE_MS)
  }
  server.resume()
})

test('an answer that arrived while this process stood still is given, however long that was', async () => {
  const { store, session } = await opened(150)
  await store.touch(session, session)
  for (let round = 0; round < 3; round++) {
    const startedAt = performance.now()
    const calls = [...Array.from({ length: 50 }, () => store.load(session.id)), store.touch(session, session)]
    const outcomes = Promise.allSettled(calls)
    // Everything has been sent once the turn is over.
    await new Promise<void>((resolve) => process.nextTick(resolve))
    block(400)
    expect((await outcomes).map((outcome) => outcome.status === 'fulfilled' && outcome.value)).toEqual([
      ...Array.from({ length: 50 }, () => session),
      'touched',
    ])
    expect(performance.now() - startedAt).toBeGreaterThan(390)
  }
})

test('a call that nobody answered while this process stood still is over then', async () => {
  const { server, store, session } = await opened(150)
  await server.pause()
  const loading = failureOf(store.load(session.id))
  block(400)
  expect((await loading).error.code).toBe('ERR_STORE_TIMEOUT')
  server.resume()
  expect(await store.load(session.id)).toEqual(session)
})

test('an answer that comes too late is dropped, and the next call has its own', async () => {
  const { server, store, session } = await opened(100)
  await server.pause()
  await failureOf(store.update({ ...session, payload: 'late' }, session.version))
  server.resume()
  expect(await store.load('0'.repeat(26))).toBe(undefined)
  expect((await store.load(session.id))?.id).toBe(session.id)
})

test('close waits for what is under way', async () => {
  const { server, store, session } = await opened(10_000)
  await server.pause()
  const order: string[] = []
  const loading = store.load(session.id).then((loaded) => order.push(`loaded ${loaded?.id}`))
  const closing = store.close().then(() => order.push('closed'))
  await expect(store.load(session.id)).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' })
  expect(order).toEqual([])
  server.resume()
  await Promise.all([loading, closing])
  expect(order).toEqual([`loaded ${session.id}`, 'closed'])
})

test('close waits no longer than the calls may take', async () => {
  const { server, store, session } = await opened(150)
  await server.pause()
  const startedAt = performance.now()
  const loading = failureOf(store.load(session.id))
  await store.close()
  expect(performance.now() - startedAt).toBeGreaterThan(150 - EARLY_MS)
  expect(performance.now() - startedAt).toBeLessThan(150 + LATE_MS)
  expect((await loading).error.code).toBe('ERR_STORE_TIMEOUT')
})

test('calls of very different moments share one timer', async () => {
  const calls = new Calls(120, () => 'ready')
  const never = new Promise<never>(() => {})
  const startedAt = performance.now()
  const failures: Promise<unknown>[] = []
  for (let count = 0; count < 5; count++) {
    failures.push(
      calls.run(never, 'load').catch(() => performance.now() - startedAt - count * 30),
      calls.run(Promise.resolve(count), 'load'),
    )
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  const waits = (await Promise.all(failures)).filter((_, position) => position % 2 === 0)
  for (const ms of waits) expect(Number(ms)).toBeGreaterThan(120 - EARLY_MS)
  await calls.idle()
})

test.each(['close', 'leave a call under way'])('a process that has nothing more to do ends: %s', async (then) => {
  const server = await serverOf()
  const leaver = fileURLToPath(new URL('../testing/leaver.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@leeway/source', leaver, String(server.port), then], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const running = new RunningProcess(child)
  expect(await running.ended()).toBe(0)
  expect(running.lines).toEqual(['nothing left to do'])
})
