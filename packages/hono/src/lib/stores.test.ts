import { createSessions } from '@leeway/core'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { Browser, serve } from '../testing/serve.ts'
import { storeNames, stores } from '../testing/stores.ts'
import { honoSessions } from './hono-sessions.ts'

const IN_FLIGHT = 50

describe.each(storeNames)('over HTTP, on the store %s', (name) => {
  const open = stores()

  async function shop() {
    const sessions = createSessions({ store: open(name), initialData: (): Record<string, unknown> => ({ visits: 0 }) })
    const { middleware } = honoSessions(sessions, { secure: false })
    const gate = { arrived: 0, isFull: Promise.withResolvers<void>(), open: Promise.withResolvers<void>() }
    const app = new Hono()
      .use(middleware)
      .get('/read', (c) => c.json({ ...c.var.session.data, owner: c.var.session.owner }))
      .get('/visit', async (c) => {
        const { visits } = await c.var.session.update((data) => {
          data.visits = Number(data.visits) + 1
        })
        return c.text(String(visits))
      })
      .get('/login', async (c) => {
        await c.var.session.login('alice')
        return c.redirect('/read')
      })
      .get('/logout', async (c) => {
        await c.var.session.destroy()
        return c.redirect('/read')
      })
      // Loads its session, waits for all the others, and saves a key of its own.
      .get('/slow/:key', async (c) => {
        if (++gate.arrived === IN_FLIGHT) gate.isFull.resolve()
        await gate.open.promise
        c.var.session.data[c.req.param('key')] = 'written'
        return c.text('done')
      })
    const server = await serve(app)
    return { sessions, server, gate, browser: server.browser() }
  }

  it('a visit, a login with its redirect, and a logout after which the old cookie opens nothing', async () => {
    const { server, sessions, browser } = await shop()
    await using _ = server
    expect(await browser.text('/visit')).toBe('1')
    const anonymous = browser.cookie
    const login = await browser.fetch('/login')
    expect([login.status, login.headers.get('location')]).toEqual([302, '/read'])
    expect(await browser.text('/read')).toBe('{"visits":1,"owner":"alice"}')
    const late = new Browser(server.url)
    late.cookie = anonymous
    expect(await late.text('/read')).toBe('{"visits":0,"owner":null}')
    const before = browser.cookie
    await browser.fetch('/logout')
    expect(browser.cookie).toBe('')
    browser.cookie = before
    expect(await browser.text('/read')).toBe('{"visits":0,"owner":null}')
    await sessions.close()
  })

  it(`a logout during ${IN_FLIGHT} requests is brought back by none of them`, async () => {
    const { server, sessions, gate, browser } = await shop()
    await using _ = server
    await browser.fetch('/login')
    const inFlight = Array.from({ length: IN_FLIGHT }, (_, i) => browser.fetch(`/slow/key${i}`))
    await gate.isFull.promise
    const old = browser.cookie
    await browser.fetch('/logout')
    gate.open.resolve()
    const answers = await Promise.all(inFlight)
    expect(answers.map(({ status }) => status)).toEqual(Array(IN_FLIGHT).fill(200))
    expect(answers.flatMap(({ headers }) => headers.getSetCookie())).toEqual([])
    browser.cookie = old
    expect(await browser.text('/read')).toBe('{"visits":0,"owner":null}')
    expect(await sessions.list('alice')).toEqual([])
    await sessions.close()
  })

  it(`${IN_FLIGHT} requests at once that change different keys all keep their change`, async () => {
    const { server, sessions, gate, browser } = await shop()
    await using _ = server
    await browser.fetch('/login')
    const inFlight = Array.from({ length: IN_FLIGHT }, (_, i) => browser.fetch(`/slow/key${i}`))
    await gate.isFull.promise
    gate.open.resolve()
    expect((await Promise.all(inFlight)).map(({ status }) => status)).toEqual(Array(IN_FLIGHT).fill(200))
    const kept = Object.values(JSON.parse(await browser.text('/read'))).filter((value) => value === 'written')
    expect(kept).toHaveLength(IN_FLIGHT)
    await sessions.close()
  })
})
