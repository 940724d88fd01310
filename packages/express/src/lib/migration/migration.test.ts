import { memoryStore } from '@leeway/core/memory'
import { manualClock } from '@leeway/core/testing'
import type { Express } from 'express'
import type { Store } from 'express-session'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { route, type Served, serve, shown } from '../behaviour/testing-applications.ts'
import { expressSessionStore } from '../express-session-store.ts'
import type { Browser } from '../testing-frameworks.ts'
import { grounds } from './testing-old-stores.ts'

const HOUR = 3_600_000

/** One release of the application: people log in, write notes and log out. */
function release(store: Store, mount: (app: Express) => void = () => {}): Promise<Served> {
  return serve({ store }, { cookie: { maxAge: HOUR } }, (app) => {
    app.get(
      '/login',
      route((request) => {
        request.session.user = 'ada'
      }),
    )
    app.get(
      '/logout',
      route(
        (request) =>
          new Promise((resolve, reject) =>
            request.session.destroy((error) => (error ? reject(error) : resolve('out'))),
          ),
      ),
    )
    mount(app)
  })
}

/** A browser that somebody has logged in with, with the old release. */
async function loggedIn(old: Served): Promise<Browser> {
  const browser = old.browser()
  await browser.get('/login')
  return browser
}

/** The same browser, at the next release, which has the same secret. */
function carriedOver(browser: Browser, to: Served): Browser {
  const next = to.browser()
  next.cookie = browser.cookie
  return next
}

describe.each(Object.entries(grounds))('a deployment on %s', (_name, start) => {
  let ground: Awaited<ReturnType<typeof start>>
  let count = 0
  beforeAll(async () => {
    ground = await start()
  })
  afterAll(() => ground[Symbol.asyncDispose]())
  const open = () => ground.open(`sessions_${count++}`)

  it('is moved session by session, under the cookies that people have', async () => {
    await using old = await open()
    await using store = expressSessionStore({ store: memoryStore(), migrateFrom: old.store })
    await using before = await release(old.store)
    await using after = await release(store)
    const browsers = [await loggedIn(before), await loggedIn(before)]
    const ids = await Promise.all(browsers.map(async (browser) => (await shown(browser)).id))
    expect(await old.size()).toBe(2)
    for (const [index, browser] of browsers.entries()) {
      const next = carriedOver(browser, after)
      const { id, session: found } = await shown(next)
      expect([id, found.user]).toEqual([ids[index], 'ada'])
      // express-session itself loses a millisecond of it now and then.
      expect(found.cookie.originalMaxAge).toBeGreaterThan(HOUR - 1_000)
      expect(Date.parse(String(found.cookie.expires)) - Date.now()).toBeGreaterThan(HOUR - 60_000)
      await next.get('/set?note=new')
      expect((await shown(next)).session).toMatchObject({ user: 'ada', note: 'new' })
      expect(next.cookie.split('=')[1]).toBe(browser.cookie.split('=')[1])
    }
    expect(await old.size()).toBe(0)
  })

  it('many first requests at once find the session, and what each writes stays', async () => {
    await using old = await open()
    await using store = expressSessionStore({ store: memoryStore(), migrateFrom: old.store })
    await using before = await release(old.store)
    const keys = ['a', 'b'] as const
    await using after = await release(store, (app) => {
      for (const key of keys) {
        app.get(
          `/${key}`,
          route((request) => {
            request.session[key] = 'kept'
            return request.session.user
          }),
        )
      }
    })
    const browser = carriedOver(await loggedIn(before), after)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => browser.text(`/${keys[i % 2]}`)))
    expect(answers).toEqual(answers.map(() => 'ada'))
    expect((await shown(browser)).session).toMatchObject({ user: 'ada', a: 'kept', b: 'kept' })
    expect(await old.size()).toBe(0)
  })

  it('a logout ends the session in both, moved or not', async () => {
    await using old = await open()
    await using store = expressSessionStore({ store: memoryStore(), migrateFrom: old.store, keepMigrated: true })
    await using before = await release(old.store)
    await using after = await release(store)
    const moved = carriedOver(await loggedIn(before), after)
    const { cookie } = moved
    expect((await shown(moved)).session.user).toBe('ada')
    expect(await old.size()).toBe(1)
    expect(await moved.text('/logout')).toBe('out')
    expect(await old.size()).toBe(0)
    for (const server of [before, after]) {
      const late = server.browser()
      late.cookie = cookie
      expect((await shown(late)).session.user).toBeUndefined()
    }
  })

  it('processes of the old release go on finding what has been moved, where it is kept', async () => {
    await using old = await open()
    await using store = expressSessionStore({ store: memoryStore(), migrateFrom: old.store, keepMigrated: true })
    await using before = await release(old.store)
    await using after = await release(store)
    const browser = await loggedIn(before)
    expect((await shown(carriedOver(browser, after))).session.user).toBe('ada')
    expect((await shown(browser)).session.user).toBe('ada')
  })

  it('a failure of the old store is an error, and never the end of a session', async () => {
    await using old = await open()
    await using store = expressSessionStore({ store: memoryStore(), migrateFrom: old.store })
    await using before = await release(old.store)
    await using after = await release(store)
    const moved = carriedOver(await loggedIn(before), after)
    const waiting = carriedOver(await loggedIn(before), after)
    await shown(moved)
    await old.fail()
    expect((await waiting.get('/show')).status).toBe(503)
    expect((await moved.get('/logout')).status).toBe(503)
    expect((await shown(moved)).session.user).toBe('ada')
    expect(waiting.cookie).not.toBe('')
  })
})

it('something else than a store to move from is refused', () => {
  for (const migrateFrom of [null, {}, { get: () => {} }]) {
    expect(() => expressSessionStore({ store: memoryStore(), migrateFrom: migrateFrom as never })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    )
  }
})

it('options that are none are refused', () => {
  expect(() => expressSessionStore(undefined as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
})

it('keepMigrated without a store to move from is refused', () => {
  expect(() => expressSessionStore({ store: memoryStore(), keepMigrated: true })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
  )
})

it('a store to move from that cannot be cleared keeps everybody from being logged out by halves', async () => {
  const { clear: _, ...old } = { get: () => {}, destroy: () => {}, clear: () => {} }
  await using store = expressSessionStore({ store: memoryStore(), migrateFrom: old })
  const error = await new Promise((resolve) => store.clear?.(resolve))
  expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED' })
})

it('a store to move from that never answers is an error in the end', async () => {
  const clock = manualClock()
  const old = { get: () => {}, destroy: () => {} }
  await using store = expressSessionStore({ store: memoryStore(), migrateFrom: old, clock, storeTimeoutMs: 8_000 })
  for (const call of ['get', 'destroy'] as const) {
    const error = new Promise((resolve) => store[call]('the-id', resolve))
    // Nothing but promises comes before the old store is asked.
    await new Promise(setImmediate)
    clock.advance(8_000)
    expect(await error).toMatchObject({ code: 'ERR_STORE_TIMEOUT', operation: call === 'get' ? 'load' : 'destroy' })
  }
})
