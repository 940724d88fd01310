import { beforeEach, describe, expect, it, vi } from 'vitest'
import { application, type Route } from '../testing/application.ts'
import { type Subject, subjectNames, subjects } from '../testing/subjects.ts'

const DAY = 24 * 60 * 60_000
const HOUR = 60 * 60_000

// What koa-session does is the same on any store: on the one of its documentation, and on leeway's.
describe.each(subjectNames)('koa-session on %s', (name) => {
  const make = subjects()
  let subject: Subject
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
    subject = make(name)
    return () => void vi.useRealTimers()
  })

  /** koa-session reads the system's clock. */
  function pass(ms: number): void {
    subject.clock.advance(ms)
    vi.setSystemTime(subject.clock.now())
  }

  it('gives a visitor who has no data no cookie, and stores nothing', async () => {
    await using app = await application(subject)
    const response = await app.browser().fetch('/read')
    expect([response.headers.getSetCookie(), await response.json()]).toEqual([[], {}])
    expect(await subject.count()).toBe(0)
  })

  it('stores data before the answer goes out, and finds it at the next request', async () => {
    await using app = await application(subject)
    const browser = app.browser()
    const [cookie] = (await browser.fetch('/write?n=1')).headers.getSetCookie()
    expect(cookie).toMatch(/^koa\.sess=[0-9a-f-]{36}; path=\/; httponly$/)
    expect(await browser.json('/read')).toEqual({ n: '1' })
    expect(await subject.count()).toBe(1)
  })

  it('sends the cookie with a request that changes the session, and not with one that reads it', async () => {
    await using app = await application(subject)
    const browser = app.browser()
    const sent: boolean[] = []
    for (const path of ['/write?n=1', '/read', '/write?n=2', '/write?n=2']) {
      sent.push((await browser.fetch(path)).headers.getSetCookie().length > 0)
    }
    expect(sent).toEqual([true, false, true, false])
  })

  it('never takes on a key that the client chose', async () => {
    await using app = await application(subject, {}, { signed: false })
    const browser = app.browser()
    browser.cookies.set('koa.sess', 'chosen-by-the-client')
    await browser.fetch('/write?n=1')
    expect(browser.cookies.get('koa.sess')).not.toBe('chosen-by-the-client')
    expect(app.events).toEqual(['missed'])
  })

  it('forgets keys that a handler deletes, and all others where it assigns a new object', async () => {
    const replace: Route = (ctx) => {
      ctx.session = { only: 'this' }
      ctx.body = ''
    }
    const remove: Route = (ctx) => {
      delete ctx.session.a
      ctx.body = ''
    }
    await using app = await application(subject, { '/replace': replace, '/remove': remove })
    const browser = app.browser()
    await browser.fetch('/write?a=1&b=2')
    const key = browser.cookies.get('koa.sess')
    await browser.fetch('/remove')
    expect(await browser.json('/read')).toEqual({ b: '2' })
    await browser.fetch('/replace')
    expect(await browser.json('/read')).toEqual({ only: 'this' })
    expect([browser.cookies.get('koa.sess'), await subject.count()]).toEqual([key, 1])
  })

  it('ends the session where it is set to null, and a copy of the cookie opens nothing', async () => {
    await using app = await application(subject)
    const browser = app.browser()
    await browser.fetch('/write?n=1')
    const copy = browser.copy()
    await browser.fetch('/logout')
    expect(browser.cookies.has('koa.sess')).toBe(false)
    expect(await copy.json('/read')).toEqual({})
    expect(await subject.count()).toBe(0)
  })

  it('regenerates: the same data under another key, and the old key opens nothing', async () => {
    await using app = await application(subject)
    const browser = app.browser()
    await browser.fetch('/write?cart=book')
    const copy = browser.copy()
    const login = await browser.fetch('/login')
    expect(login.status).toBe(302)
    expect(await browser.json('/read')).toEqual({ cart: 'book', user: 'alice' })
    expect(await copy.json('/read')).toEqual({})
    expect(await subject.count()).toBe(1)
  })

  it('saves what a handler changes after it has regenerated', async () => {
    const route: Route = async (ctx) => {
      await ctx.session.regenerate()
      ctx.session.late = 'yes'
      ctx.body = ''
    }
    await using app = await application(subject, { '/late': route })
    const browser = app.browser()
    await browser.fetch('/write?n=1')
    await browser.fetch('/late')
    expect(await browser.json('/read')).toEqual({ n: '1', late: 'yes' })
    expect(await subject.count()).toBe(1)
  })

  it('saves where it is asked to, also without data, and each of several times', async () => {
    const twice: Route = async (ctx) => {
      const first = ctx.session.save()
      ctx.session.n = 1
      const second = ctx.session.save()
      await Promise.all([first, second])
      ctx.body = ''
    }
    await using app = await application(subject, {
      '/empty': async (ctx) => {
        await ctx.session.save()
        ctx.body = ''
      },
      '/twice': twice,
    })
    const browser = app.browser()
    await browser.fetch('/empty')
    expect([await subject.count(), await browser.json('/read')]).toEqual([1, {}])
    await browser.fetch('/twice')
    expect(await browser.json('/read')).toEqual({ n: 1 })
  })

  it('leaves saving to the handler where autoCommit is off', async () => {
    const commit: Route = async (ctx) => {
      ctx.session.n = 'committed'
      await ctx.session.manuallyCommit()
      ctx.body = ''
    }
    await using app = await application(subject, { '/commit': commit }, { autoCommit: false })
    const browser = app.browser()
    await browser.fetch('/write?n=1')
    expect([browser.cookies.size, await subject.count()]).toEqual([0, 0])
    await browser.fetch('/commit')
    await browser.fetch('/write?n=2')
    expect(await browser.json('/read')).toEqual({ n: 'committed' })
  })

  it('saves although the handler throws', async () => {
    const fail: Route = (ctx) => {
      ctx.session.n = 'kept'
      throw new Error('broken')
    }
    await using app = await application(subject, { '/fail': fail })
    const browser = app.browser()
    await browser.fetch('/write?n=1')
    expect((await browser.fetch('/fail')).status).toBe(500)
    expect(await browser.json('/read')).toEqual({ n: 'kept' })
  })

  it('takes the key from where externalKey has it, and sends no cookie', async () => {
    const externalKey = {
      get: (ctx: { get(name: string): string }) => ctx.get('x-session'),
      set: (ctx: { set(name: string, value: string): void }, key: string) => ctx.set('x-session', key),
    }
    await using app = await application(subject, {}, { externalKey })
    const browser = app.browser()
    const first = await browser.fetch('/write?n=1')
    const key = first.headers.get('x-session') ?? ''
    expect(first.headers.getSetCookie()).toEqual([])
    expect(await (await browser.fetch('/read', { 'x-session': key })).json()).toEqual({ n: '1' })
    expect(await (await browser.fetch('/read', { 'x-session': 'another' })).json()).toEqual({})
  })

  it('stores under the keys of genid, and in place of what is there', async () => {
    await using app = await application(subject, {}, { genid: (ctx) => `of-${ctx.query.user}` })
    await app.browser().fetch('/write?user=alice&n=1')
    await app.browser().fetch('/write?user=alice&m=2')
    expect(await subject.count()).toBe(1)
    expect(await subject.store.get('of-alice')).toMatchObject({ user: 'alice', m: '2' })
    expect(await subject.store.get('of-alice')).not.toHaveProperty('n')
  })

  it('refuses what `valid` refuses, and stores what `beforeSave` adds', async () => {
    await using app = await application(
      subject,
      {},
      {
        valid: (_ctx, { banned }) => !banned,
        beforeSave: (_ctx, session) => {
          session.saves = (session.saves ?? 0) + 1
        },
      },
    )
    const browser = app.browser()
    await browser.fetch('/write?n=1')
    await browser.fetch('/write?n=2')
    expect(await browser.json('/read')).toEqual({ n: '2', saves: 2 })
    await browser.fetch('/write?banned=yes')
    expect(await browser.json('/read')).toEqual({})
    expect(app.events).toEqual(['invalid'])
  })

  it('keeps what JSON makes of values', async () => {
    const route: Route = (ctx) => {
      ctx.session.at = new Date(0)
      ctx.session.none = undefined
      ctx.session.nested = { list: [1, null] }
      ctx.body = ''
    }
    await using app = await application(subject, { '/values': route })
    const browser = app.browser()
    await browser.fetch('/values')
    expect(await browser.json('/read')).toEqual({ at: '1970-01-01T00:00:00.000Z', nested: { list: [1, null] } })
  })

  describe('with time', () => {
    it('ends the session maxAge after its last change, however often it is read', async () => {
      await using app = await application(subject, {}, { maxAge: HOUR })
      const browser = app.browser()
      await browser.fetch('/write?n=1')
      pass(HOUR / 2)
      await browser.fetch('/write?n=2')
      pass(HOUR - 1)
      expect(await browser.json('/read')).toEqual({ n: '2' })
      pass(2)
      expect(await browser.json('/read')).toEqual({})
    })

    it('lets it live for a day where nothing is said', async () => {
      await using app = await application(subject)
      const browser = app.browser()
      await browser.fetch('/write?n=1')
      pass(DAY - 1)
      expect(await browser.json('/read')).toEqual({ n: '1' })
      pass(2)
      expect(await browser.json('/read')).toEqual({})
    })

    it('moves the end with every request where rolling is on, and sends the cookie', async () => {
      await using app = await application(subject, {}, { maxAge: HOUR, rolling: true })
      const browser = app.browser()
      await browser.fetch('/write?n=1')
      for (let i = 0; i < 3; i++) {
        pass(HOUR / 2 + 1)
        const response = await browser.fetch('/read')
        expect([response.headers.getSetCookie().length > 0, await response.json()]).toEqual([true, { n: '1' }])
      }
      pass(HOUR + 1)
      expect(await browser.json('/read')).toEqual({})
    })

    it('renews in the second half of its life where renew is on', async () => {
      await using app = await application(subject, {}, { maxAge: HOUR, renew: true })
      const browser = app.browser()
      await browser.fetch('/write?n=1')
      pass(HOUR / 2 - 1)
      expect((await browser.fetch('/read')).headers.getSetCookie()).toEqual([])
      pass(2)
      expect((await browser.fetch('/read')).headers.getSetCookie().length).toBeGreaterThan(0)
      pass(HOUR - 1)
      expect(await browser.json('/read')).toEqual({ n: '1' })
    })

    it('keeps a lifetime that a handler gave one session', async () => {
      const remember: Route = (ctx) => {
        ctx.session.maxAge = 30 * DAY
        ctx.body = ''
      }
      await using app = await application(subject, { '/remember': remember }, { maxAge: HOUR })
      const browser = app.browser()
      await browser.fetch('/write?n=1')
      await browser.fetch('/remember')
      pass(29 * DAY)
      const response = await browser.fetch('/write?n=2')
      const expires = /expires=([^;]+)/.exec(response.headers.getSetCookie()[0] ?? '')?.[1] ?? ''
      expect(Math.abs(Date.parse(expires) - subject.clock.now() - 30 * DAY)).toBeLessThan(1_000)
      pass(30 * DAY - 1)
      expect(await browser.json('/read')).toEqual({ n: '2' })
      pass(2)
      expect(await browser.json('/read')).toEqual({})
    })

    it('sends a cookie without an end where maxAge is `session`', async () => {
      await using app = await application(subject, {}, { maxAge: 'session' })
      const browser = app.browser()
      for (const path of ['/write?n=1', '/write?n=2']) {
        const [cookie] = (await browser.fetch(path)).headers.getSetCookie()
        expect(cookie).toMatch(/^koa\.sess=[^;]+; path=\/; httponly$/)
      }
      pass(DAY - 1)
      expect(await browser.json('/read')).toEqual({ n: '2' })
    })
  })
})
