import { LeewayError } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { type Clock, manualClock } from '@leeway/core/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { places, storeNames } from './places.ts'
import { serve, stateIn } from './testing.ts'

const place = places()
const running: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const app of running.splice(0)) await app.close()
})

async function start(...args: Parameters<typeof serve>) {
  const app = await serve(...args)
  running.push(app)
  return app
}

describe.each(['memory', ...storeNames] as const)('on %s', (name) => {
  const store = (clock?: Clock) => (name === 'memory' ? memoryStore() : place(name).open(clock))

  test('a visitor who does nothing gets no cookie and leaves nothing behind', async () => {
    const app = await start(store())
    const response = await app.browser().get('/a/api/state')
    expect(response.headers.get('set-cookie')).toBeNull()
    expect(await response.json()).toMatchObject({ stored: false, session: { visits: 0, owner: null } })
  })

  test('visits are counted, through a login too, which replaces the secret and keeps the id', async () => {
    const app = await start(store())
    const browser = app.browser()
    await browser.post('/a/api/visit')
    const before = browser.cookies.get('leeway_a')
    const login = await browser.post('/a/api/login', { name: 'Ada' })
    expect(login.headers.get('cache-control')).toBe('no-store')
    const after = browser.cookies.get('leeway_a')
    expect(after?.split('.')[0]).toBe(before?.split('.')[0])
    expect(after).not.toBe(before)
    expect(await (await browser.post('/a/api/visit')).json()).toMatchObject({ session: { visits: 2, owner: 'Ada' } })
    expect((await app.sessions.open(before)).isNew).toBe(true)
  })

  test('the state tells when the session ends, when its grace does, and the absolute end', async () => {
    const clock = manualClock(1_000_000)
    const app = await start(store(clock), clock)
    const { session } = await stateIn(await app.browser().post('/a/api/visit'))
    expect(session).toMatchObject({
      createdAt: 1_000_000,
      expiresAt: 1_000_000 + 30 * 60_000,
      purgeAt: 1_000_000 + 34 * 60_000,
      absoluteExpiresAt: 1_000_000 + 12 * 3_600_000,
    })
  })

  test("another browser's session of the same user is listed, and out at its next request once it is revoked", async () => {
    const app = await start(store())
    const browser = app.browser()
    await browser.post('/a/api/login', { name: 'Ada' })
    await browser.post('/b/api/login', { name: 'Ada' })
    const { sessions } = await stateIn(await browser.get('/a/api/state'))
    expect(sessions).toHaveLength(2)
    const other = sessions.find(({ current }) => !current)
    await browser.post('/a/api/revoke', { id: other?.id })
    expect(await (await browser.get('/b/api/state')).json()).toMatchObject({ stored: false, session: { owner: null } })
    expect(await (await browser.get('/a/api/state')).json()).toMatchObject({ session: { owner: 'Ada' } })
  })

  test("nobody revokes a stranger's session", async () => {
    const app = await start(store())
    const [ada, eve] = [app.browser(), app.browser()]
    const { session } = await stateIn(await ada.post('/a/api/login', { name: 'Ada' }))
    await eve.post('/a/api/login', { name: 'Eve' })
    await eve.post('/a/api/revoke', { id: session.id })
    expect(await (await ada.get('/a/api/state')).json()).toMatchObject({ session: { owner: 'Ada' } })
  })

  test('ending all others keeps this one', async () => {
    const app = await start(store())
    const browser = app.browser()
    await browser.post('/a/api/login', { name: 'Ada' })
    await browser.post('/b/api/login', { name: 'Ada' })
    const { sessions } = await stateIn(await browser.post('/a/api/revoke-others'))
    expect(sessions).toMatchObject([{ current: true }])
  })

  test('logging out clears the cookie, and a copy of it opens nothing', async () => {
    const app = await start(store())
    const browser = app.browser()
    await browser.post('/a/api/login', { name: 'Ada' })
    const copy = browser.cookies.get('leeway_a')
    const response = await browser.post('/a/api/logout')
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(browser.cookies.has('leeway_a')).toBe(false)
    expect((await app.sessions.open(copy)).isNew).toBe(true)
  })

  test('100 increments at once count to 100, and none is refused', async () => {
    const app = await start(store())
    const browser = app.browser()
    await browser.post('/a/api/visit')
    const answers = await Promise.all(Array.from({ length: 100 }, () => browser.post('/a/api/visit')))
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200))
    expect(await (await browser.get('/a/api/state')).json()).toMatchObject({ session: { visits: 101 } })
  })

  test('a shortened session is refused from its end on, although it is still stored', async () => {
    const clock = manualClock()
    const app = await start(store(clock), clock)
    const browser = app.browser()
    await browser.post('/a/api/visit')
    await browser.post('/a/api/shorten')
    clock.advance(19_999)
    const id = browser.cookies.get('leeway_a')
    expect((await app.sessions.open(id)).isNew).toBe(false)
    clock.advance(1)
    expect(await (await browser.get('/a/api/state')).json()).toMatchObject({ stored: false })
    expect(await app.sessions.sweep()).toMatchObject({ removed: 0 })
  })

  test('a rotated secret counts once the browser has used it', async () => {
    const app = await start(store())
    const browser = app.browser()
    await browser.post('/a/api/visit')
    const old = browser.cookies.get('leeway_a')
    await browser.post('/a/api/rotate')
    expect(browser.cookies.get('leeway_a')).not.toBe(old)
    expect(await (await browser.post('/a/api/visit')).json()).toMatchObject({ session: { visits: 2 } })
  })
})

test('a store that fails is answered with 503, never with a new session', async () => {
  const store = memoryStore()
  const app = await start({
    ...store,
    load: () => Promise.reject(new LeewayError('ERR_STORE_FAILED', 'the disk is gone')),
  })
  const browser = app.browser()
  await browser.post('/a/api/visit')
  const cookie = browser.cookies.get('leeway_a')
  for (const response of [await browser.get('/a/api/state'), await browser.post('/a/api/visit')]) {
    expect(response.status).toBe(503)
    expect(response.headers.get('set-cookie')).toBeNull()
  }
  expect(browser.cookies.get('leeway_a')).toBe(cookie)
})

test.each(['ERR_STORE_FAILED', 'ERR_STORE_TIMEOUT', 'ERR_NOT_REPLICATED'] as const)(
  'a save that fails with %s is answered with 503 and sends no cookie',
  async (code) => {
    const store = memoryStore()
    const app = await start({
      ...store,
      create: () => Promise.reject(new LeewayError(code, 'nothing can be written')),
    })
    const response = await app.browser().post('/a/api/visit')
    expect(response.status).toBe(503)
    expect(response.headers.get('set-cookie')).toBeNull()
  },
)

test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])(
  '%s changes nothing',
  async (type) => {
    const app = await start(memoryStore())
    const browser = app.browser()
    for (const path of ['/a/api/visit', '/a/api/login', '/a/api/logout', '/a/api/revoke-others', '/api/replay']) {
      expect((await browser.post(path, {}, { 'content-type': type })).status).toBe(415)
    }
    expect(await (await browser.get('/a/api/state')).json()).toMatchObject({ session: { visits: 0 } })
  },
)

test.each(['', ' ', 'x'.repeat(61), 7, null, { toString: 'Ada' }, '\ud800'])('the name %j is refused', async (name) => {
  const app = await start(memoryStore())
  const response = await app.browser().post('/a/api/login', { name })
  expect(response.status).toBe(400)
})

test.each([undefined, 7, '', 'nonsense', '../../etc/passwd', { length: 26 }])(
  'the session id %j is refused',
  async (id) => {
    const app = await start(memoryStore())
    const browser = app.browser()
    await browser.post('/a/api/login', { name: 'Ada' })
    expect((await browser.post('/a/api/revoke', { id })).status).toBe(400)
  },
)

test('a note is kept in the session of whoever is logged in', async () => {
  const app = await start(memoryStore())
  const browser = app.browser()
  expect((await browser.post('/a/api/memo', { memo: 'early' })).status).toBe(401)
  await browser.post('/a/api/login', { name: 'Ada' })
  await browser.post('/a/api/memo', { memo: 'two\nlines' })
  expect(await (await browser.get('/a/api/state')).json()).toMatchObject({ session: { memo: 'two\nlines' } })
  await browser.post('/a/api/login', { name: 'Eve' })
  expect(await (await browser.get('/a/api/state')).json()).toMatchObject({ session: { owner: 'Eve', memo: '' } })
})

test.each([undefined, null, 7, ['note'], 'x'.repeat(501), '\ud800'])('the note %j is refused', async (memo) => {
  const app = await start(memoryStore())
  const browser = app.browser()
  await browser.post('/a/api/login', { name: 'Ada' })
  expect((await browser.post('/a/api/memo', { memo })).status).toBe(400)
})

test('who is not logged in revokes nothing', async () => {
  const app = await start(memoryStore())
  const browser = app.browser()
  const { session } = await stateIn(await app.browser().post('/a/api/login', { name: 'Ada' }))
  await browser.post('/a/api/visit')
  expect((await browser.post('/a/api/revoke', { id: session.id })).status).toBe(401)
  expect((await browser.post('/a/api/revoke-others')).status).toBe(401)
  expect(await app.sessions.list('Ada')).toHaveLength(1)
})

test('what is wrong with a request is told without the insides of the server', async () => {
  const app = await start(memoryStore())
  const headers = { 'content-type': 'application/json' }
  const bad = await fetch(`${app.url}/a/api/login`, { method: 'POST', headers, body: '{bad' })
  const long = await app.browser().post('/a/api/login', { name: 'x'.repeat(5000) })
  const nowhere = await app.browser().get('/a/api/nothing')
  expect([bad.status, long.status, nowhere.status]).toEqual([400, 413, 404])
  for (const response of [bad, long, nowhere]) {
    const text = await response.text()
    expect(JSON.parse(text)).toEqual({ error: expect.any(String) })
    expect(text).not.toContain('node_modules')
  }
})

test('two replays at once are both answered', async () => {
  const app = await start(memoryStore())
  const answers = await Promise.all([1, 2].map(() => app.browser().post('/api/replay')))
  for (const answer of answers) {
    expect(((await answer.json()) as { order: number }[]).map(({ order }) => order)).toEqual([4, 7, 9])
  }
})

test('a name is given back as it was, whatever it looks like', async () => {
  const app = await start(memoryStore())
  const name = '<img src=x onerror=alert(1)> "\'&\u202e__proto__'
  const response = await app.browser().post('/a/api/login', { name })
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  expect(await response.json()).toMatchObject({ session: { owner: name } })
})

test('the page is served with a policy that allows nothing from elsewhere, and kept by nobody', async () => {
  const app = await start(memoryStore())
  const response = await app.browser().get('/')
  expect(await response.text()).toContain('Sessions that survive their cleanup')
  // Or the back button would show it as it was before a logout.
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
})
