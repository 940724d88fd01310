import { spawnSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { memoryStore } from '@leeway/core/memory'
import { describe, expect, it } from 'vitest'
import { fastifySessionStore } from './fastify-session-store.ts'
import { read, serve, write } from './testing-application.ts'
import { onMemory } from './testing-memory.ts'

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

describe('the store itself', () => {
  it('calls back once, and what a callback throws is an uncaught exception, as with any callback', () => {
    const { stdout, stderr } = spawnSync('node', ['--conditions=@leeway/source', '--input-type=module'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      input: `
        import { memoryStore } from '@leeway/core/memory'
        import { fastifySessionStore } from '@leeway/fastify/fastify-session'
        process.on('uncaughtException', ({ message }) => console.log(message))
        process.on('unhandledRejection', () => console.log('unhandled'))
        const store = fastifySessionStore({ store: memoryStore() })
        for (const sid of ['some id', '']) {
          store.destroy(sid, (error) => {
            console.log('called', error?.code)
            throw new Error('of the application')
          })
        }
      `,
    })
    const lines = ['called ERR_INVALID_ID', 'called undefined', 'of the application', 'of the application']
    expect([stdout.trim().split('\n').toSorted(), stderr]).toEqual([lines, ''])
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
