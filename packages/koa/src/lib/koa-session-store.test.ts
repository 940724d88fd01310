import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { memoryStore } from '@leeway/core/memory'
import { manualClock } from '@leeway/core/testing'
import { until } from '@leeway/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { application, gate, type Route } from '../testing/application.ts'
import { leewayNames, subjects } from '../testing/subjects.ts'
import { koaSessionStore } from './koa-session-store.ts'

function recorded(name: string): unknown[] {
  const events: unknown[] = []
  const listener = (event: unknown) => void events.push(event)
  subscribe(name, listener)
  onTestFinished(() => void unsubscribe(name, listener))
  return events
}

describe.each(leewayNames)('on %s', (name) => {
  const make = subjects()

  it('an expired session is not there, where koa-session would have been given it', async () => {
    const subject = make(name)
    await using app = await application(subject, {}, { maxAge: 1_000 })
    const browser = app.browser()
    await browser.fetch('/write?n=1')
    subject.clock.advance(11_000)
    expect(await browser.json('/read')).toEqual({})
    expect(app.events).toEqual(['missed'])
  })

  it('a set after the end of its session is no error, and is published', async () => {
    const { store, count } = make(name)
    const gone = recorded('leeway:session:gone')
    const [early, late] = [{}, {}]
    await store.set('key', { n: 1 }, 60_000, { ctx: early })
    const session = (await store.get('key', 60_000, { ctx: late })) ?? {}
    await store.destroy('key', { ctx: early })
    await store.set('key', { ...session, n: 2 }, 60_000, { ctx: late })
    await store.set('key', { n: 3 }, 60_000, { ctx: early })
    expect(await count()).toBe(0)
    expect(gone).toMatchObject([{ operation: 'save' }, { operation: 'save' }])
  })

  it('the last of two that change the same key wins, and that is published', async () => {
    const subject = make(name)
    const overwritten = recorded('leeway:session:overwrite')
    const meeting = gate(2)
    const meet: Route = async (ctx) => {
      await meeting.wait()
      Object.assign(ctx.session, ctx.query)
      ctx.body = ''
    }
    await using app = await application(subject, { '/meet': meet })
    const browser = app.browser()
    await browser.fetch('/write?n=0')
    const both = [browser.copy().fetch('/meet?n=1'), browser.copy().fetch('/meet?n=2')]
    await meeting.full
    meeting.open()
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200])
    expect(overwritten).toMatchObject([{ keys: ['n'] }])
  })
})

describe('a regenerate() that nobody waits for', () => {
  it('does not leave the old session behind', async () => {
    const store = koaSessionStore({ store: memoryStore() })
    const careless: Route = (ctx) => {
      ctx.session.regenerate(() => {})
      ctx.session.user = 'alice'
      ctx.body = ''
    }
    await using app = await application({ store }, { '/careless': careless })
    const browser = app.browser()
    await browser.fetch('/write?n=1')
    const copy = browser.copy()
    await browser.fetch('/careless')
    expect(await copy.json('/read')).toEqual({})
    await store.close()
  })
})

describe('what is stored', () => {
  it('holds neither a key that opens something nor what the record knows itself', async () => {
    const records = new Map()
    const store = koaSessionStore({ store: memoryStore({ records }) })
    await using app = await application({ store })
    const browser = app.browser()
    await browser.fetch('/write?n=1')
    const dump = JSON.stringify([...records])
    expect(dump).toContain('_maxAge')
    expect(dump).not.toContain('_expire')
    expect(dump).not.toContain(browser.cookies.get('koa.sess'))
    await store.close()
  })

  it('is what a read without a request finds, for a WebSocket say; a set without one is refused', async () => {
    const store = koaSessionStore({ store: memoryStore() })
    await store.set('key', { n: 1, _session: true }, 'session', { ctx: {} })
    expect(await store.get('key')).toEqual({ n: 1, _session: true })
    await expect(store.set('key', { n: 2 }, 1_000)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED', operation: 'set' })
    expect(await store.count()).toBe(1)
    await store.clear()
    expect(await store.get('key')).toBeUndefined()
    await store.close()
  })
})

describe('a store that fails', () => {
  it.each([
    ['load', '/read'],
    ['update', '/write?n=2'],
    ['destroy', '/logout'],
  ] as const)('at %s in %s is 503, and the visitor is still who they were', async (operation, path) => {
    let isDown = false
    const backend = memoryStore()
    const inner = new Proxy(backend, {
      get: (target, member) =>
        isDown && member === operation ? () => Promise.reject(new Error('down')) : Reflect.get(target, member),
    })
    const store = koaSessionStore({ store: inner })
    await using app = await application({ store })
    const browser = app.browser()
    await browser.fetch('/write?n=1')
    isDown = true
    const response = await browser.fetch(path)
    expect([response.status, await response.text()]).toEqual([503, 'Service Unavailable'])
    expect(response.headers.getSetCookie()).toEqual([])
    isDown = false
    expect(await browser.json('/read')).toEqual({ n: '1' })
    await store.close()
  })
})

it('options that do not exist, and wrong values, are refused at once', () => {
  for (const options of [{ idleTimeoutMs: 1 }, { defaultIdleTimeoutMs: 0 }, { prefix: 'x' }]) {
    expect(() => koaSessionStore({ store: memoryStore(), ...options })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    )
  }
})

it('a sweep removes what has ended and outlived its grace, and a sweeper does it by itself', async () => {
  const clock = manualClock()
  const records = new Map()
  const store = koaSessionStore({ store: memoryStore({ records }), clock, graceMs: 1_000 })
  const begin = () => store.set(`key-${clock.now()}`, { n: 1 }, 1_000, { ctx: {} })
  await begin()
  clock.advance(1_999)
  expect(await store.sweep()).toMatchObject({ removed: 0 })
  clock.advance(1)
  expect(await store.sweep()).toMatchObject({ removed: 1 })
  await begin()
  const sweeper = store.startSweeper({ intervalMs: 1_000 })
  await until('the sweeper has swept', () => {
    clock.advance(1_000)
    return records.size === 0
  })
  await sweeper.stop()
  await store.close()
  await expect(store.get('key')).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' })
})
