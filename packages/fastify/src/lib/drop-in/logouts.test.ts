import { startRedis } from '@leeway/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { serve, write } from './testing-application.ts'
import { SUBJECTS } from './testing-subjects.ts'

const redis = await startRedis()
afterAll(() => redis.stop())

const IN_FLIGHT = 50

describe.each(SUBJECTS)('a logout on $name', (subject) => {
  it(`of a session that ${IN_FLIGHT} requests have loaded stays one with leeway`, async () => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get<{ Params: { user: string } }>('/login/:user', async ({ session, params }) => {
        write(session).user = params.user
        return 'welcome'
      })
      app.get<{ Params: { n: string } }>('/slow/:n', async ({ session, params }) => {
        if (++arrived === IN_FLIGHT) all.resolve()
        await loggedOut.promise
        write(session).n = params.n
        return 'late'
      })
    })
    const [all, loggedOut] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let arrived = 0
    const browser = server.browser()
    await browser.fetch('/login/alice')
    const { cookie } = browser
    const late = Array.from({ length: IN_FLIGHT }, (_, n) => fetch(`${server.url}/slow/${n}`, { headers: { cookie } }))
    await all.promise
    await browser.fetch('/destroy')
    loggedOut.resolve()
    const answers = await Promise.all(late)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const after = await fetch(`${server.url}/read`, { headers: { cookie } })
    const user = Reflect.get(Object(await after.json()), 'user')
    console.log(`${subject.name}: ${user === undefined ? 'stays logged out' : `${user} is logged in again`}`)
    expect(user).toBe(subject.isLeeway ? undefined : 'alice')
  })

  it('of each of many sessions with a request in flight brings none back with leeway, all with the others', async () => {
    await using server = await serve(subject, redis.url, (app) => {
      app.get<{ Params: { key: string } }>('/hold/:key', async ({ session, params }) => {
        if (++arrived === IN_FLIGHT) all.resolve()
        await loggedOut.promise
        write(session).held = params.key
        return 'late'
      })
    })
    const [all, loggedOut] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let arrived = 0
    const cookies = await Promise.all(
      Array.from({ length: IN_FLIGHT }, async (_, n) => {
        const browser = server.browser()
        await browser.fetch(`/write/user/${n}`)
        return browser.cookie
      }),
    )
    const get = (path: string, cookie: string) => fetch(server.url + path, { headers: { cookie } })
    const late = cookies.map((cookie) => get('/hold/1', cookie))
    await all.promise
    for (const cookie of cookies) await (await get('/destroy', cookie)).text()
    loggedOut.resolve()
    for (const answer of late) expect((await answer).status).toBe(200)
    const users = await Promise.all(
      cookies.map(async (cookie) => Object(await (await get('/read', cookie)).json()).user),
    )
    const resurrected = users.filter((user) => user !== undefined).length
    console.log(`${subject.name}: ${resurrected} of ${IN_FLIGHT} logged-out sessions brought back by a late save`)
    expect(resurrected).toBe(subject.isLeeway ? 0 : IN_FLIGHT)
  })
})
