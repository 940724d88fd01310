import { describe, expect, it } from 'vitest'
import { called, route, serve, shown } from './testing-applications.ts'
import { backends, isLeeway, kinds } from './testing-backends.ts'

const open = backends()
const VISITORS = 20
const REQUESTS = 100
const CHANGES = 50

describe.each(kinds)('with %s', (kind) => {
  it(`a logout of ${VISITORS} visitors during ${REQUESTS} requests ${isLeeway(kind) ? 'ends their sessions' : 'is undone by them'}`, async () => {
    const loaded = Promise.withResolvers<void>()
    const loggedOut = Promise.withResolvers<void>()
    let count = 0
    await using server = await serve(await open(kind), {}, (app) => {
      app.get(
        '/login',
        route((request) => {
          request.session.user = 'alice'
        }),
      )
      app.get(
        '/write/:n',
        route(async (request) => {
          Object.assign(request.session, { [`n${request.params.n}`]: 1 })
          if (++count === REQUESTS) loaded.resolve()
          await loggedOut.promise
        }),
      )
      app.get(
        '/logout',
        route((request) => called((done) => request.session.destroy(done))),
      )
    })
    const browsers = Array.from({ length: VISITORS }, () => server.browser())
    await Promise.all(browsers.map((browser) => browser.get('/login')))
    const copies = browsers.map(({ cookie }) => cookie)
    const writes = browsers.flatMap((browser) =>
      Array.from({ length: REQUESTS / VISITORS }, (_, n) => browser.get(`/write/${n}`)),
    )
    await loaded.promise
    await Promise.all(browsers.map((browser) => browser.get('/logout')))
    // All of them save after the logout. What is back is looked at once they are answered.
    loggedOut.resolve()
    const statuses = (await Promise.all(writes)).map(({ status }) => status)
    let resurrected = 0
    for (const cookie of copies) {
      const thief = server.browser()
      thief.cookie = cookie
      if ((await shown(thief)).session.user === 'alice') resurrected++
    }
    console.log(`${kind}: ${resurrected} of ${VISITORS} sessions resurrected by ${REQUESTS} requests in flight`)
    expect(resurrected).toBe(isLeeway(kind) ? 0 : VISITORS)
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(server.errors).toEqual([])
  })

  it(`${CHANGES} requests that change different keys at once keep ${isLeeway(kind) ? 'all of them' : 'the last'}`, async () => {
    const all = Promise.withResolvers<void>()
    let count = 0
    await using server = await serve(await open(kind), {}, (app) =>
      app.get(
        '/write/:n',
        route(async (request) => {
          if (++count === CHANGES) all.resolve()
          await all.promise
          Object.assign(request.session, { [`n${request.params.n}`]: 1 })
        }),
      ),
    )
    const browser = server.browser()
    await browser.get('/set')
    await Promise.all(Array.from({ length: CHANGES }, (_, n) => browser.get(`/write/${n}`)))
    const kept = Object.keys((await shown(browser)).session).filter((key) => /^n\d+$/.test(key)).length
    console.log(`${kind}: of ${CHANGES} changes of different keys at once ${kept} kept`)
    expect(kept).toBe(isLeeway(kind) ? CHANGES : 1)
    expect(server.errors).toEqual([])
  })
})
