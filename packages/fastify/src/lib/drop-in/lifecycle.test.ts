import { startRedis } from '@leeway/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { read, sentCookies, serve, write } from './testing-application.ts'
import { SUBJECTS } from './testing-subjects.ts'

const redis = await startRedis()
afterAll(() => redis.stop())

describe.each(SUBJECTS)('the session on $name', (subject) => {
  it('of a new visitor is saved and its cookie sent, with saveUninitialized', async () => {
    await using server = await serve(subject, redis.url, () => {})
    const browser = server.browser()
    const names: string[] = []
    const first = await browser.fetch('/read')
    expect(sentCookies(first, names)).toEqual([{ value: 'cookie 0', attributes: ['Path=/', 'HttpOnly'] }])
    const second = await browser.fetch('/read')
    expect(sentCookies(second, names)).toEqual([{ value: 'cookie 0', attributes: ['Path=/', 'HttpOnly'] }])
  })

  it('of a new visitor is neither saved nor its cookie sent without saveUninitialized, until it is changed', async () => {
    await using server = await serve(subject, redis.url, () => {}, { saveUninitialized: false })
    const browser = server.browser()
    expect(sentCookies(await browser.fetch('/read'))).toEqual([])
    expect(sentCookies(await browser.fetch('/write/a/1'))).toHaveLength(1)
    expect(await browser.json('/read')).toEqual({ a: '1' })
  })

  it.each([true, false])(
    'with rolling %s sends its cookie when it is used, or only when it is changed',
    async (rolling) => {
      await using server = await serve(subject, redis.url, () => {}, { rolling, cookie: { maxAge: 600_000 } })
      const browser = server.browser()
      const names: string[] = []
      const sent = { value: 'cookie 0', expiresInSeconds: 600, attributes: ['Path=/', 'HttpOnly'] }
      expect(sentCookies(await browser.fetch('/write/a/1'), names)).toEqual([sent])
      expect(sentCookies(await browser.fetch('/read'), names)).toEqual(rolling ? [sent] : [])
      expect(sentCookies(await browser.fetch('/write/b/2'), names)).toEqual([sent])
      expect(await browser.json('/read')).toEqual({ a: '1', b: '2' })
    },
  )

  it('keeps what is changed, added and taken out', async () => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get('/change', async ({ session }) => {
        write(session).a = 'changed'
        delete write(session).b
        write(session).nested = { list: [1, { deep: true }] }
        return read(session)
      })
    })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    await browser.fetch('/write/b/2')
    const changed = { a: 'changed', nested: { list: [1, { deep: true }] } }
    expect(await browser.json('/change')).toEqual(changed)
    expect(await browser.json('/read')).toEqual(changed)
  })

  it('tells whether it was modified and saved', async () => {
    await using server = await serve(
      subject,
      redis.url,
      (app) => {
        app.get('/told', async ({ session }) => {
          const told = () => [session.isModified(), session.isSaved()]
          const before = told()
          write(session).n = Number(write(session).n ?? 0) + 1
          const changed = told()
          await session.save()
          return [before, changed, told()]
        })
      },
      { saveUninitialized: false },
    )
    const browser = server.browser()
    const told = [
      [false, false],
      [true, false],
      [false, true],
    ]
    expect(await browser.json('/told')).toEqual(told)
    expect(await browser.json('/told')).toEqual(told)
    expect(await browser.json('/read')).toEqual({ n: 2 })
  })

  it('can be saved by the handler, twice and without waiting, and once more at the end', async () => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get('/twice', async ({ session }) => {
        write(session).a = 'first'
        const first = session.save()
        write(session).a = 'second'
        await Promise.all([first, session.save()])
        write(session).a = 'third'
        return read(session)
      })
    })
    const browser = server.browser()
    expect(await browser.json('/twice')).toEqual({ a: 'third' })
    expect(await browser.json('/read')).toEqual({ a: 'third' })
    expect(await browser.json('/twice')).toEqual({ a: 'third' })
    expect(await browser.json('/read')).toEqual({ a: 'third' })
  })

  it('saved by the handler brings its cookie, though nothing is saved at the end', async () => {
    await using server = await serve(
      subject,
      redis.url,
      (app) => {
        app.get('/save', async ({ session }) => {
          write(session).a = 1
          await session.save()
          return 'saved'
        })
      },
      { saveUninitialized: false },
    )
    const browser = server.browser()
    expect(sentCookies(await browser.fetch('/save'))).toHaveLength(1)
    expect(await browser.json('/read')).toEqual({ a: 1 })
  })

  it('touched keeps its data', async () => {
    await using server = await serve(
      subject,
      redis.url,
      (app) => {
        app.get('/touch', async ({ session }) => {
          session.touch()
          return read(session)
        })
      },
      { cookie: { maxAge: 600_000 } },
    )
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    expect(await browser.json('/touch')).toEqual({ a: '1' })
    expect(await browser.json('/read')).toEqual({ a: '1' })
  })

  it('once destroyed is gone: its cookie opens a new one', async () => {
    await using server = await serve(subject, redis.url, () => {})
    const browser = server.browser()
    const names: string[] = []
    sentCookies(await browser.fetch('/write/a/1'), names)
    const destroyed = await browser.fetch('/destroy')
    expect([await destroyed.text(), sentCookies(destroyed, names)]).toEqual(['destroyed', []])
    const next = await browser.fetch('/read')
    expect(await next.json()).toEqual({})
    expect(sentCookies(next, names)).toEqual([{ value: 'cookie 1', attributes: ['Path=/', 'HttpOnly'] }])
  })

  it.each([
    ['without keys', undefined, {}],
    ['with keys', ['a'], { a: '1' }],
    // As an application does that keeps everything, the store's own key included.
    ['with all keys', 'all', { a: '1', b: '2' }],
  ])('regenerated %s has another id, and the old one opens nothing (@fastify/session #348)', async (_, keys, kept) => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get('/regenerate', async (request) => {
        const all = Object.keys(request.session).filter((key) => key !== 'cookie')
        await request.session.regenerate(keys === 'all' ? all : Array.isArray(keys) ? keys : [])
        write(request.session).fresh = true
        return read(request.session)
      })
    })
    const browser = server.browser()
    const names: string[] = []
    sentCookies(await browser.fetch('/write/a/1'), names)
    await browser.fetch('/write/b/2')
    const old = browser.cookie
    const response = await browser.fetch('/regenerate')
    expect(await response.json()).toEqual({ ...kept, fresh: true })
    expect(sentCookies(response, names)).toEqual([{ value: 'cookie 1', attributes: ['Path=/', 'HttpOnly'] }])
    expect(await browser.json('/read')).toEqual({ ...kept, fresh: true })
    const late = await fetch(`${server.url}/read`, { headers: { cookie: old } })
    expect(await late.json()).toEqual({})
  })

  it('reloaded is what is stored, and is saved as that', async () => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get('/reload', async (request) => {
        write(request.session).a = 'not to be kept'
        const other = await fetch(`${server.url}/write/b/2`, { headers: { cookie: request.headers.cookie ?? '' } })
        await other.text()
        await request.session.reload()
        write(request.session).c = '3'
        return read(request.session)
      })
    })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    expect(await browser.json('/reload')).toEqual({ a: '1', b: '2', c: '3' })
    expect(await browser.json('/read')).toEqual({ a: '1', b: '2', c: '3' })
  })
})
