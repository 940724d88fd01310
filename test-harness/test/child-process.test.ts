import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { manualClock } from '@leeway/core/testing'
import { until } from '@leeway/testing'
import { record, sessionId, version } from '@leeway/testing/records'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { StoreProcess } from '../src/engine/child-process.ts'
import file from '../subjects/file.subject.ts'
import { checkRule } from './fixtures/check-rule.ts'
import telling from './fixtures/telling.subject.ts'

const scratch = mkdtempSync(join(tmpdir(), 'leeway-child-'))
const clock = manualClock()
const base = { scratch, namespace: 'default', clock, maxPayloadBytes: 1_000 }
const started: StoreProcess[] = []

function start(module = file.module ?? ''): StoreProcess {
  const process = new StoreProcess({ module, base, follow: (store) => store })
  started.push(process)
  return process
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((process) => process.kill()))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('a process with a store', () => {
  it('is on the same records as every other handle', async () => {
    const here = await file.open({ ...base, step: async () => {} })
    const [one, other] = [start(), start()]
    const there = [(await one.open()).store, (await other.open()).store]
    const session = record('1aa', { owner: 'ann' })
    expect(await there[0]?.create(session)).toBe('created')
    expect(await there[1]?.load(session.id)).toEqual(session)
    expect(await here.destroy(session.id)).toBe('destroyed')
    expect(await there[0]?.load(session.id)).toBeUndefined()
    expect(await there[1]?.list?.({ limit: 10 })).toEqual({ sessions: [], cursor: undefined })
    expect(there[0]?.capabilities).toEqual(here.capabilities)
    await here.close()
  })

  it('tells when a call began and ended, on the clock of this process', async () => {
    const handle = await start().open()
    const before = process.hrtime.bigint()
    const { startedAt, endedAt, ...outcome } = await handle.call('destroy', sessionId('1aa'))
    expect(outcome).toEqual({ answer: 'gone' })
    expect(before < startedAt && startedAt < endedAt && endedAt < process.hrtime.bigint()).toBe(true)
  })

  it('makes calls at once', async () => {
    const { store } = await start().open()
    const ids = Array.from({ length: 50 }, (_, n) => sessionId(`${100 + n}`))
    expect(await Promise.all(ids.map((id) => store.destroy(id)))).toEqual(ids.map(() => 'gone'))
  })

  it('gives errors back with code and operation', async () => {
    const { store } = await start().open()
    await expect(store.load('wrong')).rejects.toMatchObject({ code: 'ERR_INVALID_ID', operation: 'load' })
    await store.close()
    await expect(store.load(sessionId('1aa'))).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' })
  })

  it('goes by the clock of who opened the handle', async () => {
    const { store } = await start(telling.module).open()
    clock.advance(1_234)
    const ahead = (await started[0]?.open({ clock: clock.skewedBy(5_000) }))?.store
    const now = clock.now()
    await expect(store.load('')).rejects.toMatchObject({ name: 'TypeError', message: `${now} 1234` })
    await expect(ahead?.load('')).rejects.toThrow(`${now + 5_000} 1234`)
  })

  it('tells why it could not start', async () => {
    await expect(start(join(scratch, 'nothing.ts')).open()).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringContaining('there is no file'),
    })
  })

  it('tells what ended it', async () => {
    const { store } = await start(telling.module).open()
    await expect(store.list?.({ limit: 1 })).rejects.toThrow('thrown where nobody catches')
    await expect(store.destroy('')).rejects.toThrow('thrown where nobody catches')
  })
})

describe('a process that dies', () => {
  it('stands before the backend call that was asked for, and has named those before', async () => {
    const handle = await start(telling.module).open()
    await handle.crashAt({ step: 2 })
    const call = handle.store.load('')
    await handle.standing
    expect(handle.steps).toEqual(['first', 'second'])
    await started[0]?.kill()
    await expect(call).rejects.toMatchObject({ name: 'ProcessEnded' })
  })

  it('kills itself once a call was made, before its answer', async () => {
    const handle = await start().open()
    await handle.crashAt({ calls: 2 })
    expect(await handle.store.destroy(sessionId('1aa'))).toBe('gone')
    await expect(handle.store.destroy(sessionId('1aa'))).rejects.toMatchObject({ name: 'ProcessEnded' })
    await expect(handle.store.destroy(sessionId('1aa'))).rejects.toMatchObject({ name: 'ProcessEnded' })
  })

  it('kills itself once an answer was sent, which arrives', async () => {
    const handle = await start().open()
    const session = record('1aa', { version: version(1) })
    await handle.crashAt({ answers: 1 })
    expect(await handle.store.create(session)).toBe('created')
    await started[0]?.ended
    expect(await (await start().open()).store.load(session.id)).toEqual(session)
  })

  it('does not outlive who started it', async () => {
    const starter = fileURLToPath(new URL('./fixtures/process-starter.ts', import.meta.url))
    const parent = spawn(process.execPath, ['--conditions=@leeway/source', starter, scratch], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [printed] = await once(parent.stdout, 'data')
    const pid = Number(String(printed))
    expect(isAlive(pid)).toBe(true)
    parent.kill('SIGKILL')
    await until('it has ended', () => !isAlive(pid))
  })

  it.each([
    { what: 'passed', ends: async () => {} },
    { what: 'failed', ends: () => Promise.reject(new Error()) },
    { what: 'hung', ends: () => new Promise<void>(() => {}) },
  ])('is killed after a rule that has $what', async ({ ends }) => {
    let pid: number | undefined
    await checkRule(
      async (ctx) => {
        const process = await ctx.startProcess()
        await process.open()
        pid = process.pid
        await ends()
      },
      200,
      file,
    )
    expect(isAlive(pid ?? 0)).toBe(false)
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
