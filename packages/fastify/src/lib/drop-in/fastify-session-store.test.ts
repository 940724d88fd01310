import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { StoredSession } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { manualClock } from '@leeway/core/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HeldStore } from '../testing/held-store.ts'
import { fastifySessionStore } from './fastify-session-store.ts'
import { read, serve, write } from './testing-application.ts'
import type { Subject } from './testing-subjects.ts'

/** What is stored, and the calls that its store received. */
function onMemory(options: Partial<Parameters<typeof fastifySessionStore>[0]> = {}) {
  const records = new Map<string, StoredSession>()
  const backend = new HeldStore(memoryStore({ records }))
  const store = fastifySessionStore({ store: backend.store, ...options })
  const subject: Subject = {
    name: 'leeway on memory',
    isLeeway: true,
    open: async () => ({ store, breakDown: () => store.close(), close: () => store.close() }),
  }
  return { records, backend, store, subject }
}

/** The events of a channel while something goes on. */
async function published(name: string, work: () => Promise<unknown>): Promise<unknown[]> {
  const messages: unknown[] = []
  const listener = (message: unknown) => messages.push(message)
  subscribe(name, listener)
  try {
    await work()
  } finally {
    unsubscribe(name, listener)
  }
  return messages
}

describe('what is stored', () => {
  it('holds neither the id nor the hold, and the hold is no change', async () => {
    const { subject, records } = onMemory()
    await using server = await serve(subject, '', (app) => {
      app.get('/told', async ({ session }) => [session.isModified(), Object.keys(session), session.sessionId])
    })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    const [isModified, keys, id] = Object(await browser.json('/told'))
    expect([isModified, keys]).toEqual([false, ['cookie', 'a', '__leeway']])
    const stored = JSON.stringify([...records])
    expect(stored).toContain('originalMaxAge')
    expect(stored).not.toContain(id)
    expect(stored).not.toContain('__leeway')
  })

  it('is written once, and not again by requests that only read, rolling or not', async () => {
    const { subject, backend } = onMemory()
    await using server = await serve(subject, '', () => {}, { cookie: { maxAge: 600_000 } })
    const browser = server.browser()
    for (const path of ['/write/a/1', '/read', '/read', '/write/a/1', '/write/a/2']) await browser.fetch(path)
    expect(backend.calls.filter((name) => name !== 'load')).toEqual(['create', 'update'])
  })

  it('is written anew where the cookie is changed', async () => {
    const { subject, backend } = onMemory()
    await using server = await serve(
      subject,
      '',
      (app) => {
        app.get('/shorter', async ({ session }) => {
          session.cookie.maxAge = 300_000
          return read(session)
        })
      },
      { cookie: { maxAge: 600_000 } },
    )
    const browser = server.browser()
    for (const path of ['/write/a/1', '/shorter', '/read', '/shorter']) await browser.fetch(path)
    expect(backend.calls.filter((name) => name !== 'load')).toEqual(['create', 'update'])
  })
})

describe('a late save', () => {
  it('after a logout is no error, and published', async () => {
    const { subject, records } = onMemory()
    await using server = await serve(subject, '', (app) => {
      app.get('/late', async (request) => {
        await (await fetch(`${server.url}/destroy`, { headers: { cookie: request.headers.cookie ?? '' } })).text()
        write(request.session).a = 'late'
        await request.session.save()
        await request.session.save()
        return 'answered'
      })
    })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    const gone = await published('leeway:session:gone', async () => {
      expect((await browser.fetch('/late')).status).toBe(200)
    })
    expect(gone.length).toBeGreaterThan(0)
    expect(records.size).toBe(0)
  })

  it('over a key that another request has changed is published', async () => {
    const { subject } = onMemory()
    await using server = await serve(subject, '', (app) => {
      app.get('/slow', async (request) => {
        const headers = { cookie: request.headers.cookie ?? '' }
        await (await fetch(`${server.url}/write/a/quick`, { headers })).text()
        write(request.session).a = 'slow'
        return 'changed'
      })
    })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    const overwritten = await published('leeway:session:overwrite', () => browser.fetch('/slow'))
    expect(overwritten).toMatchObject([{ keys: ['a'] }])
  })

  it('of a session that was reloaded after a logout brings back nothing of it', async () => {
    const { subject } = onMemory()
    await using server = await serve(subject, '', (app) => {
      app.get('/reload', async (request) => {
        await (await fetch(`${server.url}/destroy`, { headers: { cookie: request.headers.cookie ?? '' } })).text()
        await request.session.reload()
        return read(request.session)
      })
    })
    const browser = server.browser()
    await browser.fetch('/write/user/alice')
    expect(await browser.json('/reload')).toEqual({})
    expect(await browser.json('/read')).toEqual({})
  })
})

describe('time', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

  it('ends a session that is not used for its age, and not one that is', async () => {
    const { subject } = onMemory()
    await using server = await serve(subject, '', () => {}, { cookie: { maxAge: 60_000 } })
    const [used, unused] = [server.browser(), server.browser()]
    for (const browser of [used, unused]) await browser.fetch('/write/a/1')
    for (let i = 0; i < 4; i++) {
      pass(20_000)
      expect(await used.json('/read')).toEqual({ a: '1' })
    }
    expect(await unused.json('/read')).toEqual({})
  })

  it('counts for a session that a longer age is configured for since (CVE-2024-35220)', async () => {
    const { subject, store } = onMemory()
    await using server = await serve(subject, '', () => {}, { cookie: { maxAge: 60_000 } })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    const { cookie } = browser
    pass(60_000)
    const later = await serve(
      { ...subject, open: async () => ({ store, breakDown: async () => {}, close: async () => {} }) },
      '',
      () => {},
      {
        cookie: { maxAge: 3_600_000 },
      },
    )
    await using _ = later
    expect(await (await fetch(`${later.url}/read`, { headers: { cookie } })).json()).toEqual({})
  })

  it('ends a session at the expiry that its handler gave it, however much it is used', async () => {
    const { subject } = onMemory()
    await using server = await serve(subject, '', (app) => {
      app.get('/fixed', async ({ session }) => {
        session.cookie.expires = new Date(Date.now() + 60_000)
        return 'fixed'
      })
    })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    const { cookie } = browser
    await browser.fetch('/fixed')
    const answers: unknown[] = []
    for (let i = 0; i < 4; i++) {
      pass(20_000)
      answers.push(await (await fetch(`${server.url}/read`, { headers: { cookie } })).json())
    }
    expect(answers).toEqual([{ a: '1' }, { a: '1' }, {}, {}])
  })

  it('shortens the life of a session whose expiry its handler brings forward', async () => {
    const { subject } = onMemory()
    await using server = await serve(
      subject,
      '',
      (app) => {
        app.get('/soon', async ({ session }) => {
          session.cookie.expires = new Date(Date.now() + 10_000)
          return 'soon'
        })
      },
      { cookie: { maxAge: 600_000 } },
    )
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    const { cookie } = browser
    await browser.fetch('/soon')
    pass(10_000)
    expect(await (await fetch(`${server.url}/read`, { headers: { cookie } })).json()).toEqual({})
  })

  it('ends a session without an expiry once it has not been used for defaultIdleTimeoutMs', async () => {
    const { subject } = onMemory({ defaultIdleTimeoutMs: 60_000 })
    await using server = await serve(subject, '', () => {})
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    pass(59_999)
    expect(await browser.json('/read')).toEqual({ a: '1' })
    pass(60_000)
    expect(await browser.json('/read')).toEqual({})
  })

  it('by the clock that the store is given ends a session, which is swept after the grace', async () => {
    const clock = manualClock()
    const { subject, store, records } = onMemory({ clock, graceMs: 1_000 })
    await using server = await serve(subject, '', () => {}, { cookie: { maxAge: 60_000 } })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    clock.advance(59_999)
    const { cookie } = browser
    expect(await (await fetch(`${server.url}/read`, { headers: { cookie } })).json()).toEqual({ a: '1' })
    clock.advance(60_000)
    expect(await (await fetch(`${server.url}/read`, { headers: { cookie } })).json()).toEqual({})
    expect([await store.sweep(), records.size]).toMatchObject([{ removed: 0 }, 2])
    clock.advance(1_000)
    expect([await store.sweep(), records.size]).toMatchObject([{ removed: 1 }, 1])
  })
})

describe('the store itself', () => {
  it('calls back once, and a callback that throws is an uncaught exception of the application', async () => {
    const { store } = onMemory()
    const thrown = Promise.withResolvers<unknown>()
    const others = process.rawListeners('uncaughtException')
    process.removeAllListeners('uncaughtException').once('uncaughtException', thrown.resolve)
    let calls = 0
    try {
      store.destroy('some id', () => {
        calls++
        throw new Error('of the application')
      })
      expect(await thrown.promise).toMatchObject({ message: 'of the application' })
    } finally {
      for (const listener of others)
        process.on('uncaughtException', (...args) => Reflect.apply(listener, process, args))
    }
    expect(calls).toBe(1)
    await store.close()
  })

  it('given a session of another store creates it, and leaves that one alone', async () => {
    const [from, to] = [onMemory(), onMemory()]
    const cookie = { originalMaxAge: null }
    await call((done) => from.store.set('some id', write({ cookie, a: 1 }) as never, done))
    const loaded = await call((done) => from.store.get('some id', done))
    await call((done) => to.store.set('some id', loaded as never, done))
    expect(await call((done) => to.store.get('some id', done))).toMatchObject({ a: 1 })
    expect([from.records.size, to.records.size]).toEqual([1, 1])
    await Promise.all([from.store.close(), to.store.close()])
  })

  it('closes with await using, stops its sweepers, and answers with an error from then on', async () => {
    const { store } = onMemory()
    {
      await using own = store
      own.startSweeper()
    }
    await expect(call((done) => store.get('some id', done))).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' })
  })

  it('refuses options that it does not know', () => {
    expect(() => fastifySessionStore({ store: memoryStore(), ttl: 1 } as never)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    )
  })
})

/** What a method calls back with. */
function call(method: (done: (error: unknown, result?: unknown) => void) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    method((error, result) => (error ? reject(error) : resolve(result)))
  })
}
