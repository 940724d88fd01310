import session, { type SessionData, type Store } from 'express-session'
import { describe, expect, it } from 'vitest'
import { called, route, serve, shown } from './testing-applications.ts'
import { type Backend, backends, isLeeway, kinds } from './testing-backends.ts'

const open = backends()
const ID = 'an-id'

/** A session as express-session would give it to a store. */
function fresh(data: object = {}, maxAge?: number): SessionData {
  return { cookie: Object.assign(new session.Cookie(), maxAge && { maxAge }), ...data } as SessionData
}

const got = (store: Store, sid = ID) => called<SessionData | null | undefined>((done) => store.get(sid, done))
const set = (store: Store, data: SessionData, sid = ID) => called((done) => store.set(sid, data, done))

/** The sessions of `all`, which connect-redis gives as a list. */
async function all({ store }: Backend): Promise<SessionData[]> {
  const found = await called<SessionData[] | { [id: string]: SessionData } | null>((done) => store.all?.(done))
  return Object.values(found ?? {})
}

describe.each(kinds)('the store %s', (kind) => {
  it('gets what was set, and nothing where nothing is', async () => {
    const { store } = await open(kind)
    expect(await got(store)).toBeFalsy()
    await set(store, fresh({ user: 'alice' }, 60_000))
    const found = await got(store)
    expect(found).toMatchObject({ user: 'alice', cookie: { path: '/', httpOnly: true } })
    expect(Math.abs(Date.parse(String(found?.cookie.expires)) - Date.now() - 60_000)).toBeLessThan(10_000)
  })

  it('gives each caller an object of its own', async () => {
    const { store } = await open(kind)
    const given = fresh({ a: { n: 1 } })
    await set(store, given)
    Object.assign(given.a as object, { n: 2 })
    const found = await got(store)
    expect(found?.a).toEqual({ n: 1 })
    Object.assign(found?.a as object, { n: 3 })
    expect((await got(store))?.a).toEqual({ n: 1 })
  })

  it('updates what it has given, by get, change and set', async () => {
    const { store } = await open(kind)
    await set(store, fresh({ a: 1, b: 1 }))
    const found = await got(store)
    if (!found) throw new Error('it is not there')
    found.a = 2
    await set(store, found)
    expect(await got(store)).toMatchObject({ a: 2, b: 1 })
  })

  it('replaces the whole session where another object is set', async () => {
    const { store } = await open(kind)
    await set(store, fresh({ a: 1, b: 1 }))
    await set(store, fresh({ b: 2 }))
    const found = await got(store)
    expect([found?.a, found?.b]).toEqual([undefined, 2])
  })

  it('destroys, once and again', async () => {
    const { store } = await open(kind)
    await set(store, fresh({ user: 'alice' }))
    await called((done) => store.destroy(ID, done))
    await called((done) => store.destroy(ID, done))
    expect(await got(store)).toBeFalsy()
  })

  it('touches: the session lives on with what is stored', async () => {
    const { store } = await open(kind)
    const given = fresh({ user: 'alice' }, 60_000)
    await set(store, given)
    given.cookie.maxAge = 600_000
    await called((done) => store.touch?.(ID, given, done))
    const found = await got(store)
    expect(found?.user).toBe('alice')
    // connect-redis moves the end of the record, and leaves the cookie in it as it was.
    const expected = kind === 'connect-redis' ? 60_000 : 600_000
    expect(Math.abs(Date.parse(String(found?.cookie.expires)) - Date.now() - expected)).toBeLessThan(10_000)
  })

  it('touches nothing into being', async () => {
    const { store } = await open(kind)
    await called((done) => store.touch?.(ID, fresh({ user: 'alice' }, 60_000), done))
    expect(await got(store)).toBeFalsy()
  })

  it('loads a session with its methods', async () => {
    const { store } = await open(kind)
    await set(store, fresh({ user: 'alice' }))
    const loaded = await called<SessionData>((done) => store.load(ID, done))
    expect(loaded).toBeInstanceOf(session.Session)
    expect([Reflect.get(loaded, 'id'), loaded.user]).toEqual([ID, 'alice'])
    expect(await called<unknown>((done) => store.load('another', done))).toBeUndefined()
  })

  it('counts, lists and clears the sessions', async () => {
    const backend = await open(kind)
    const { store } = backend
    expect([await called<number>((done) => store.length?.(done)), await all(backend)]).toEqual([0, []])
    await set(store, fresh({ user: 'alice' }, 60_000), 'one')
    await set(store, fresh({ user: 'bob' }), 'two')
    expect(await called<number>((done) => store.length?.(done))).toBe(2)
    const found = await all(backend)
    expect(found.map(({ user }) => user).sort()).toEqual(['alice', 'bob'])
    const timed = found.find(({ user }) => user === 'alice')
    expect(Math.abs(Date.parse(String(timed?.cookie.expires)) - Date.now() - 60_000)).toBeLessThan(10_000)
    await called((done) => store.clear?.(done))
    expect([await called<number>((done) => store.length?.(done)), await got(store, 'one')]).toEqual([
      0,
      isLeeway(kind) || kind === 'connect-redis' ? null : undefined,
    ])
  })

  it(`lists by ${isLeeway(kind) ? 'a digest of the id, never the id' : 'the id'}`, async () => {
    const { store } = await open(kind)
    await set(store, fresh({ user: 'alice' }))
    const found = await called<object>((done) => store.all?.(done as never))
    const names = [...Object.keys(found), ...Object.values(found).map((one) => one.id)]
    expect(names.includes(ID)).toBe(!isLeeway(kind))
  })

  it('is called by a handler, with the id that the session has', async () => {
    const { store } = await open(kind)
    await using server = await serve({ store }, {}, (app) => {
      app.get(
        '/of/:id',
        route(async (request) => (await got(store, String(request.params.id)))?.note),
      )
      app.get(
        '/end/:id',
        route((request) => called((done) => store.destroy(String(request.params.id), done))),
      )
    })
    const [browser, admin] = [server.browser(), server.browser()]
    await browser.get('/set')
    const { id } = await shown(browser)
    expect(await admin.text(`/of/${encodeURIComponent(id)}`)).toBe('written')
    await admin.get(`/end/${encodeURIComponent(id)}`)
    expect((await shown(browser)).session.note).toBeUndefined()
  })
})
