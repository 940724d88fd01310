import { describe, expect, it } from 'vitest'
import { serve, shown } from './testing-applications.ts'
import { backends, kinds } from './testing-backends.ts'

const open = backends()

describe.each(kinds)('with %s', (kind) => {
  it('a cookie that was signed with an earlier secret opens its session, and a foreign one does not', async () => {
    const backend = await open(kind)
    await using before = await serve(backend, { secret: 'first' })
    await using after = await serve(backend, { secret: ['second', 'first'] })
    await using other = await serve(backend, { secret: 'third' })
    const [browser, later, stranger] = [before.browser(), after.browser(), other.browser()]
    await browser.get('/set')
    later.cookie = browser.cookie
    stranger.cookie = browser.cookie
    expect((await shown(later)).session.note).toBe('written')
    expect((await shown(stranger)).session.note).toBeUndefined()
  })

  it('a cookie that was tampered with opens nothing, and its id is not taken over', async () => {
    await using server = await serve(await open(kind), { saveUninitialized: true })
    const browser = server.browser()
    await browser.get('/set')
    const { cookie } = browser
    const { id } = await shown(browser)
    for (const forged of [
      cookie.slice(0, -2),
      `connect.sid=${id}`,
      `connect.sid=s%3A${id}.`,
      'connect.sid=j%3A%7B%7D',
    ]) {
      browser.cookie = forged
      const found = await shown(browser)
      expect([found.id === id, found.session.note]).toEqual([false, undefined])
    }
  })

  it('an id that is signed but opens nothing is replaced by another one (session fixation)', async () => {
    await using server = await serve(await open(kind), {
      saveUninitialized: true,
      genid: ({ headers }) => String(headers['x-id'] ?? 'made'),
    })
    await using elsewhere = await serve(await open('MemoryStore'), { genid: () => 'chosen-by-somebody' })
    const stranger = elsewhere.browser()
    await stranger.get('/set')
    const browser = server.browser()
    browser.cookie = stranger.cookie
    expect((await shown(browser)).id).toBe('made')
  })

  it.each(['a'.repeat(500), '../../etc/passwd', 'with space & ünïcode 💥', '__proto__', '*'])(
    'genid decides the id, %s',
    async (id) => {
      await using server = await serve(await open(kind), { genid: () => id })
      const browser = server.browser()
      await browser.get('/set')
      expect(await shown(browser)).toMatchObject({ id, session: { note: 'written' } })
    },
  )

  it('an id that genid gives again leads to what is written last', async () => {
    await using server = await serve(await open(kind), { genid: () => 'the-same' })
    const [one, other] = [server.browser(), server.browser()]
    await one.get('/set?note=one')
    await other.get('/set?note=other')
    expect((await shown(one)).session.note).toBe('other')
  })
})
