import type { SessionData } from 'express-session'
import { describe, expect, it } from 'vitest'
import { called, cookiesOf, route, serve, shown } from './testing-applications.ts'
import { backends, isLeeway, kinds } from './testing-backends.ts'

const open = backends()

describe.each(kinds)('with %s', (kind) => {
  it('a session that nobody has changed is not stored, and gets no cookie', async () => {
    await using server = await serve(await open(kind))
    const browser = server.browser()
    const response = await browser.get('/show')
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('with saveUninitialized it is stored, gets a cookie and keeps its id', async () => {
    await using server = await serve(await open(kind), { saveUninitialized: true })
    const browser = server.browser()
    const response = await browser.get('/show')
    expect(cookiesOf(response)).toEqual([{ attributes: 'Path=/; HttpOnly', keptS: undefined }])
    const { id } = (await response.json()) as { id: string }
    expect((await shown(browser)).id).toBe(id)
  })

  it('what is written is there for the next request, and the cookie is sent once', async () => {
    await using server = await serve(await open(kind))
    const browser = server.browser()
    expect((await browser.get('/set')).headers.getSetCookie()).toHaveLength(1)
    expect((await browser.get('/set?note=again')).headers.getSetCookie()).toEqual([])
    expect((await shown(browser)).session).toEqual({
      cookie: { originalMaxAge: null, expires: null, httpOnly: true, path: '/' },
      note: 'again',
    })
  })

  it('a key that is deleted is gone', async () => {
    await using server = await serve(await open(kind), {}, (app) =>
      app.get(
        '/delete',
        route((request) => delete request.session.note),
      ),
    )
    const browser = server.browser()
    await browser.get('/set')
    await browser.get('/delete')
    expect((await shown(browser)).session).not.toHaveProperty('note')
  })

  it.each([true, false])('with resave %s a session that is only read stays', async (resave) => {
    await using server = await serve(await open(kind), { resave, cookie: { maxAge: 60_000 } })
    const browser = server.browser()
    await browser.get('/set')
    const first = await shown(browser)
    expect(first.session.note).toBe('written')
    expect(await shown(browser)).toMatchObject({ id: first.id, session: { note: 'written' } })
  })

  it('regenerate gives a new id and an empty session, and the old id opens nothing', async () => {
    await using server = await serve(await open(kind), {}, (app) =>
      app.get(
        '/regenerate',
        route(async (request) => {
          await called((done) => request.session.regenerate(done))
          request.session.user = 'alice'
          return request.sessionID
        }),
      ),
    )
    const browser = server.browser()
    await browser.get('/set')
    const [before, old] = [await shown(browser), browser.cookie]
    const id = await browser.text('/regenerate')
    expect(await shown(browser)).toMatchObject({ id, session: { user: 'alice' } })
    expect((await shown(browser)).session).not.toHaveProperty('note')
    browser.cookie = old
    const after = await shown(browser)
    expect([after.id === before.id, after.id === id, after.session.note]).toEqual([false, false, undefined])
  })

  it('a login as Passport does it is there after the redirect', async () => {
    await using server = await serve(await open(kind), {}, (app) => {
      app.get('/login', (request, response, next) => {
        const { note } = request.session
        request.session.regenerate((error) => {
          if (error) return next(error)
          Object.assign(request.session, { passport: { user: 'alice' }, note })
          request.session.save((failed) => (failed ? next(failed) : response.redirect('/show')))
        })
      })
    })
    const browser = server.browser()
    await browser.get('/set')
    expect((await browser.get('/login')).headers.get('location')).toBe('/show')
    expect((await shown(browser)).session).toMatchObject({ passport: { user: 'alice' }, note: 'written' })
  })

  it('reload brings what others have stored, and drops what is not saved', async () => {
    const backend = await open(kind)
    await using server = await serve(backend, {}, (app) =>
      app.get(
        '/reload',
        route(async (request) => {
          request.session.a = 'unsaved'
          const other = await called<SessionData>((done) => backend.store.load(request.sessionID, done))
          other.note = 'by another'
          await called((done) => backend.store.set(request.sessionID, other, done))
          await called((done) => request.session.reload(done))
          const { a, note } = request.session
          request.session.b = 'after'
          return JSON.stringify({ a, note })
        }),
      ),
    )
    const browser = server.browser()
    await browser.get('/set')
    expect(JSON.parse(await browser.text('/reload'))).toEqual({ note: 'by another' })
    expect((await shown(browser)).session).toMatchObject({ note: 'by another', b: 'after' })
  })

  it('saves by hand, two of them at once and unawaited, leave what was saved last', async () => {
    await using server = await serve(await open(kind), {}, (app) => {
      app.get('/save', (request, response, next) => {
        request.session.a = 1
        request.session.save()
        request.session.a = 2
        request.session.save()
        request.session.a = 3
        request.session.save((error) => (error ? next(error) : response.send('saved')))
      })
    })
    const browser = server.browser()
    for (let round = 0; round < 3; round++) {
      expect(await browser.text('/save')).toBe('saved')
      expect((await shown(browser)).session.a).toBe(3)
    }
  })

  it('destroy takes the session from the request, leaves the cookie and ends the session', async () => {
    await using server = await serve(await open(kind), {}, (app) =>
      app.get(
        '/logout',
        route(async (request) => {
          await called((done) => request.session.destroy(done))
          return String(request.session)
        }),
      ),
    )
    const browser = server.browser()
    await browser.get('/set')
    const before = await shown(browser)
    const response = await browser.get('/logout')
    expect([await response.text(), response.headers.getSetCookie()]).toEqual(['undefined', []])
    const after = await shown(browser)
    expect([after.id === before.id, after.session.note]).toEqual([false, undefined])
  })

  it.each([
    ['destroy', undefined],
    ['keep', 'written'],
  ] as const)('req.session = null with unset: %s leaves the note %s', async (unset, note) => {
    await using server = await serve(await open(kind), { unset }, (app) =>
      app.get(
        '/unset',
        route((request) => {
          request.session.note = 'not saved'
          Object.assign(request, { session: null })
        }),
      ),
    )
    const browser = server.browser()
    await browser.get('/set')
    expect((await browser.get('/unset')).status).toBe(200)
    expect((await shown(browser)).session.note).toBe(note)
  })

  it('store.generate gives a request a new session', async () => {
    await using server = await serve(await open(kind), {}, (app) =>
      app.get(
        '/generate',
        route((request) => {
          const before = request.sessionID
          request.sessionStore.generate(request)
          request.session.user = 'new'
          return before !== request.sessionID
        }),
      ),
    )
    const browser = server.browser()
    await browser.get('/set')
    expect(await browser.text('/generate')).toBe('true')
    expect((await shown(browser)).session).toMatchObject({ user: 'new' })
  })

  it(`of two requests that write different keys at once ${isLeeway(kind) ? 'both are' : 'one is'} kept`, async () => {
    const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let count = 0
    await using server = await serve(await open(kind), {}, (app) =>
      app.get(
        '/write/:key',
        route(async (request) => {
          arrived[count++]?.resolve()
          await Promise.all(arrived.map(({ promise }) => promise))
          Object.assign(request.session, { [request.params.key as string]: 'written' })
        }),
      ),
    )
    const browser = server.browser()
    await browser.get('/set')
    await Promise.all([browser.get('/write/a'), browser.get('/write/b')])
    const { a, b } = (await shown(browser)).session
    expect([a, b].filter((value) => value === 'written')).toHaveLength(isLeeway(kind) ? 2 : 1)
  })

  it('of two requests that write one key at once the later one stays, and neither is told', async () => {
    const goOn = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    await using server = await serve(await open(kind), {}, (app) => {
      app.get(
        '/slow',
        route(async (request) => {
          reached.resolve()
          await goOn.promise
          request.session.note = 'slow'
        }),
      )
    })
    const browser = server.browser()
    await browser.get('/set')
    const slow = browser.get('/slow')
    await reached.promise
    await browser.get('/set?note=fast')
    goOn.resolve()
    expect((await slow).status).toBe(200)
    expect((await shown(browser)).session.note).toBe('slow')
    expect(server.errors).toEqual([])
  })
})
