import { spawnSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { fileURLToPath } from 'node:url'
import { isLeewayError, type StoredSession } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { manualClock } from '@leeway/core/testing'
import session, { type SessionData } from 'express-session'
import { describe, expect, it } from 'vitest'
import { called } from './behaviour/testing-applications.ts'
import { expressSessionStore } from './express-session-store.ts'
import { faulty } from './testing-stores.ts'

const SID = 'the-id-in-the-cookie'
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

function setup() {
  const clock = manualClock(1_000_000)
  const records = new Map<string, StoredSession>()
  const backend = faulty(memoryStore({ records }))
  const store = expressSessionStore({ store: backend.store, clock })
  return {
    clock,
    records,
    backend,
    store,
    get: () => called<SessionData | null>((done) => store.get(SID, done as never)),
    set: (given: SessionData) => called((done) => store.set(SID, given, done)),
    touch: (given: SessionData) => called((done) => store.touch(SID, given, done)),
    destroy: () => called((done) => store.destroy(SID, done)),
    /** The session as a request has it. */
    async loaded() {
      return called<SessionData>((done) => store.load(SID, done))
    },
  }
}

function fresh(data: object = {}, maxAge: number | null = null): SessionData {
  const cookie = new session.Cookie()
  if (maxAge !== null) cookie.maxAge = maxAge
  return { cookie, ...data } as SessionData
}

/** What is published on a channel until it is disposed of. */
function events(name: string) {
  const seen: unknown[] = []
  const listener = (message: unknown) => seen.push(message)
  subscribe(name, listener)
  return { seen, [Symbol.dispose]: () => unsubscribe(name, listener) }
}

describe('a session', () => {
  it('is stored under a digest of its id, and nothing that is stored has the id', async () => {
    const { set, records } = setup()
    await set(fresh({ note: 'written' }))
    const stored = JSON.stringify([...records])
    expect(stored).toContain('written')
    expect(stored).not.toContain(SID)
  })

  it('that has gone is not brought back by a set or a touch, which is no error and is published', async () => {
    const { set, touch, destroy, loaded, records } = setup()
    const begun = fresh({ note: 1 }, MINUTE)
    await set(begun)
    const [one, other] = [await loaded(), await loaded()]
    await destroy()
    using gone = events('leeway:session:gone')
    for (const late of [one, begun]) {
      late.note = 'late'
      await set(late)
      await set(late)
    }
    other.cookie.maxAge = 2 * MINUTE
    await touch(other)
    expect(records.size).toBe(0)
    expect(gone.seen).toHaveLength(3)
  })

  it('is touched by a set that changes nothing, once that is due', async () => {
    const { set, loaded, clock, backend } = setup()
    await set(fresh({ note: 1 }, 30 * MINUTE))
    for (const [after, calls] of [
      [MINUTE - 1, []],
      [MINUTE, ['touch']],
    ] as const) {
      clock.advance(after)
      const found = await loaded()
      backend.calls.length = 0
      // As express-session does at the end of each request.
      found.cookie.maxAge = found.cookie.originalMaxAge ?? undefined
      await set(found)
      expect(backend.calls).toEqual(calls)
    }
  })

  it.each([0, -1, -2])('is not written because express-session lost %d ms of originalMaxAge', async (lost) => {
    const { set, loaded, clock, backend } = setup()
    await set(fresh({ note: 1 }, 30 * MINUTE))
    const found = await loaded()
    clock.advance(MINUTE)
    backend.calls.length = 0
    Object.assign(found.cookie, { originalMaxAge: Number(found.cookie.originalMaxAge) + lost })
    await set(found)
    expect(backend.calls).toEqual(['touch'])
    expect((await loaded()).cookie.originalMaxAge).toBeGreaterThan(30 * MINUTE - 100)
  })

  it('whose cookie is shortened ends earlier, by a touch or a set alike', async () => {
    for (const how of ['set', 'touch'] as const) {
      const context = setup()
      await context.set(fresh({ note: 1 }, 30 * MINUTE))
      const found = await context.loaded()
      found.cookie.maxAge = 10 * MINUTE
      await context[how](found)
      context.clock.advance(10 * MINUTE - 1_000)
      expect((await context.get())?.note).toBe(1)
      context.clock.advance(1_000)
      expect(await context.get()).toBeNull()
    }
  })

  it('has its cookie’s expiry from the record', async () => {
    const { set, get, clock } = setup()
    await set(fresh({}, 30 * MINUTE))
    clock.advance(10 * MINUTE)
    const found = await get()
    expect(Date.parse(String(found?.cookie.expires)) - clock.now()).toBeCloseTo(20 * MINUTE, -3)
    expect(found?.cookie.originalMaxAge).toBeCloseTo(30 * MINUTE, -3)
  })

  it('without an expiry lives for the default idle timeout, from its last use', async () => {
    const { set, get, touch, loaded, clock } = setup()
    await set(fresh({ note: 1 }))
    clock.advance(DAY - 1)
    await touch(await loaded())
    clock.advance(DAY - 1)
    expect((await get())?.cookie.expires).toBeNull()
    clock.advance(1)
    expect(await get()).toBeNull()
  })

  it('is saved in the order of the calls, each as it was when it was called', async () => {
    const { set, get, backend } = setup()
    const given = fresh({ note: 1 })
    const held = backend.holdNext('create')
    const saves = [set(given)]
    await held.reached
    for (const note of [2, 3]) {
      given.note = note
      saves.push(set(given))
    }
    given.note = 'not saved'
    held.release()
    await Promise.all(saves)
    expect((await get())?.note).toBe(3)
    expect(backend.calls.filter((call) => call !== 'load')).toEqual(['create', 'update', 'update'])
  })

  it('that two requests wrote differently has the later value, which is published', async () => {
    const { set, get, loaded } = setup()
    await set(fresh({ note: 0, a: 0 }))
    const [one, other] = [await loaded(), await loaded()]
    other.note = 1
    other.b = 1
    await set(other)
    using overwritten = events('leeway:session:overwrite')
    one.note = 2
    one.a = 1
    await set(one)
    expect(await get()).toMatchObject({ note: 2, a: 1, b: 1 })
    expect(overwritten.seen).toEqual([{ id: expect.any(String), keys: ['note'] }])
  })
})

describe('an error', () => {
  it('of the store is given to the callback, and is never an absent session', async () => {
    const { set, get, backend } = setup()
    await set(fresh())
    backend.failNext('load')
    const error: unknown = await get().catch((reason: unknown) => reason)
    expect(isLeewayError(error) && error.code).toBe('ERR_STORE_FAILED')
    expect(await get()).not.toBeNull()
  })

  it.each<[string, unknown]>([
    ['a BigInt', 1n],
    [
      'a circle',
      Object.assign([], {
        toJSON: () => {
          throw new Error('circular')
        },
      }),
    ],
  ])('of %s names the key, and nothing is written', async (_what, value) => {
    const { set, records } = setup()
    await expect(set(fresh({ note: value }))).rejects.toMatchObject({ code: 'ERR_NOT_SERIALIZABLE', path: 'data.note' })
    expect(records.size).toBe(0)
  })

  it('of a set lets the next one succeed', async () => {
    const { set, get, backend } = setup()
    const given = fresh({ note: 1 })
    backend.failNext('create')
    await expect(set(given)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
    await set(given)
    expect((await get())?.note).toBe(1)
  })
})

it('callbacks are called once, also where they throw, and nothing is unhandled where there are none', () => {
  const program = `
    import { memoryStore } from '@leeway/core/memory'
    import { expressSessionStore } from '@leeway/express/express-session'
    let calls = 0
    process.on('uncaughtException', ({ message }) => console.log('uncaught', message))
    process.on('unhandledRejection', () => console.log('unhandled'))
    const store = expressSessionStore({ store: memoryStore() })
    for (const method of ['get', 'destroy', 'all', 'length', 'clear']) {
      const args = ['get', 'destroy'].includes(method) ? ['sid'] : []
      store[method](...args, () => { throw new Error(method + ' ' + ++calls) })
      await new Promise(setImmediate)
    }
    await store.close()
    store.get('sid', () => { throw new Error('closed ' + ++calls) })
    store.set('sid', { cookie: {} })
    store.touch('sid', { cookie: {} })
    store.destroy('sid')
    store.clear()
    await new Promise(setImmediate)
    await new Promise(setImmediate)
  `
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@leeway/source', '--input-type=module', '--eval', program],
    { cwd: fileURLToPath(new URL('.', import.meta.url)), encoding: 'utf8' },
  )
  expect(stderr).toBe('')
  expect(stdout.trim().split('\n')).toEqual([
    'uncaught get 1',
    'uncaught destroy 2',
    'uncaught all 3',
    'uncaught length 4',
    'uncaught clear 5',
    'uncaught closed 6',
  ])
})

it('all, length and clear are there only where the store can list', () => {
  const { list: _, ...others } = memoryStore()
  const store = expressSessionStore({ store: others })
  expect([store.all, store.length, store.clear]).toEqual([undefined, undefined, undefined])
})

it('emits no event that express-session takes for a lost connection', async () => {
  const { store, set } = setup()
  const emitted: unknown[] = []
  store.emit = (name: unknown) => emitted.push(name) > 0
  await set(fresh())
  await store.close()
  await expect(set(fresh())).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' })
  expect(emitted).toEqual([])
})

it('sweeps what is over, at intervals too, and closes with its store', async () => {
  const { store, set, clock, records, backend } = setup()
  await set(fresh({}, MINUTE))
  clock.advance(6 * MINUTE)
  {
    await using closing = store
    expect(await closing.sweep()).toMatchObject({ removed: 1 })
    const sweeper = closing.startSweeper({ intervalMs: MINUTE })
    await sweeper.stop()
  }
  expect(records.size).toBe(0)
  expect(backend.calls.at(-1)).toBe('close')
})

it.each([{ store: undefined }, { ttl: 1 }, { defaultIdleTimeoutMs: '1h' }])('the options %j are refused', (options) => {
  const given = { store: memoryStore(), ...options } as never
  expect(() => expressSessionStore(given)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
})
