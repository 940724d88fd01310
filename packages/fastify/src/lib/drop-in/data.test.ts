import { startRedis } from '@leeway/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { sentCookies, serve, write } from './testing-application.ts'
import { SUBJECTS } from './testing-subjects.ts'

const redis = await startRedis()
afterAll(() => redis.stop())

describe.each(SUBJECTS)('data on $name', (subject) => {
  it('that JSON does not know is what JSON makes of it, where it is stored as JSON', async () => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get('/put', async ({ session }) => {
        const values = {
          date: new Date(0),
          map: new Map([['a', 1]]),
          nan: Number.NaN,
          nothing: undefined,
          list: [undefined, () => 1],
          own: { toJSON: () => 'as it says' },
          text: 'é\u0000\uD800',
        }
        Object.assign(write(session), values)
        return 'put'
      })
      app.get('/kinds', async ({ session }) =>
        Object.fromEntries(
          ['date', 'map', 'nan', 'nothing', 'list', 'own', 'text'].map((key) => {
            const value = write(session)[key]
            return [key, [Object.prototype.toString.call(value), JSON.stringify(value)]]
          }),
        ),
      )
    })
    const browser = server.browser()
    await browser.fetch('/put')
    const isShared = subject.name === 'its MemoryStore'
    expect(await browser.json('/kinds')).toEqual({
      date: [isShared ? '[object Date]' : '[object String]', '"1970-01-01T00:00:00.000Z"'],
      map: [isShared ? '[object Map]' : '[object Object]', '{}'],
      nan: [isShared ? '[object Number]' : '[object Null]', 'null'],
      nothing: ['[object Undefined]', null],
      list: ['[object Array]', '[null,null]'],
      own: [isShared ? '[object Object]' : '[object String]', '"as it says"'],
      text: ['[object String]', JSON.stringify('é\u0000\uD800')],
    })
  })

  it.each(['a cycle', 'a BigInt'])('that JSON refuses, %s, is an error, and the session as it was', async (what) => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get('/put', async ({ session }) => {
        const cycle: Record<string, unknown> = {}
        cycle.cycle = cycle
        write(session).refused = what === 'a cycle' ? cycle : 1n
        return 'put'
      })
    })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    const response = await browser.fetch('/put')
    if (subject.name === 'its MemoryStore') {
      expect(response.status).toBe(200)
      return
    }
    expect([response.status, sentCookies(response)]).toEqual([500, []])
    expect(await browser.json('/read')).toEqual({ a: '1' })
  })

  it('named like parts of an object is kept, or refused, and pollutes nothing', async () => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get('/put', async ({ session }) => {
        write(session).nested = JSON.parse(
          '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}',
        )
        return 'put'
      })
      app.get('/polluted', async () => Reflect.get({}, 'polluted') ?? 'not')
    })
    const browser = server.browser()
    expect((await browser.fetch('/put')).status).toBe(subject.isLeeway ? 500 : 200)
    expect(await (await browser.fetch('/polluted')).text()).toBe('not')
  })

  it('changed by requests at once, under different keys, is kept by leeway and lost to the others', async () => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get<{ Params: { key: string } }>('/at-once/:key', async ({ session, params }) => {
        write(session)[params.key] = 1
        if (++arrived === KEYS.length) all.resolve()
        await all.promise
        return 'changed'
      })
    })
    const KEYS = Array.from({ length: 20 }, (_, i) => `key${i}`)
    const all = Promise.withResolvers<void>()
    let arrived = 0
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    const statuses = await Promise.all(KEYS.map(async (key) => (await browser.fetch(`/at-once/${key}`)).status))
    expect(new Set(statuses)).toEqual(new Set([200]))
    const kept = Object.keys((await browser.json('/read')) as object).filter((key) => key.startsWith('key'))
    expect(kept).toHaveLength(subject.isLeeway ? KEYS.length : 1)
  })

  it('changed by two requests under one key is that of the one which saves last', async () => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get('/slow', async (request) => {
        write(request.session).a = 'slow'
        await (await fetch(`${server.url}/write/a/quick`, { headers: { cookie: request.headers.cookie ?? '' } })).text()
        return 'changed'
      })
    })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    expect((await browser.fetch('/slow')).status).toBe(200)
    expect(await browser.json('/read')).toEqual({ a: 'slow' })
  })
})
