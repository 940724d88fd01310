import { manualClock } from '@leeway/core/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { serve } from './testing-application.ts'
import { onMemory } from './testing-memory.ts'

// @fastify/session takes the time from Date, and nothing else of it is faked here: HTTP runs in real time.
describe('time', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

  it('ends a session that is not used for its age, and not one that is', async () => {
    const { subject } = onMemory()
    await using server = await serve(subject, '', () => {}, { cookie: { maxAge: 60_000 } })
    const [used, unused] = [server.browser(), server.browser()]
    for (const browser of [used, unused]) await browser.fetch('/write/a/1')
    for (let i = 0; i < 4; i++) {
      pass(20_000)
      expect(await used.json('/read')).toEqual({ a: '1' })
    }
    expect(await unused.json('/read')).toEqual({})
  })

  it('counts for a session that a longer age is configured for since (CVE-2024-35220)', async () => {
    const { subject, store } = onMemory()
    await using server = await serve(subject, '', () => {}, { cookie: { maxAge: 60_000 } })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    const { cookie } = browser
    pass(60_000)
    const later = await serve(
      { ...subject, open: async () => ({ store, breakDown: async () => {}, close: async () => {} }) },
      '',
      () => {},
      {
        cookie: { maxAge: 3_600_000 },
      },
    )
    await using _ = later
    expect(await (await fetch(`${later.url}/read`, { headers: { cookie } })).json()).toEqual({})
  })

  it('ends a session at the expiry that its handler gave it, however much it is used', async () => {
    const { subject } = onMemory()
    await using server = await serve(subject, '', (app) => {
      app.get('/fixed', async ({ session }) => {
        session.cookie.expires = new Date(Date.now() + 60_000)
        return 'fixed'
      })
    })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    const { cookie } = browser
    await browser.fetch('/fixed')
    const answers: unknown[] = []
    for (let i = 0; i < 4; i++) {
      pass(20_000)
      answers.push(await (await fetch(`${server.url}/read`, { headers: { cookie } })).json())
    }
    expect(answers).toEqual([{ a: '1' }, { a: '1' }, {}, {}])
  })

  it('shortens the life of a session whose expiry its handler brings forward', async () => {
    const { subject } = onMemory()
    await using server = await serve(
      subject,
      '',
      (app) => {
        app.get('/soon', async ({ session }) => {
          session.cookie.expires = new Date(Date.now() + 10_000)
          return 'soon'
        })
      },
      { cookie: { maxAge: 600_000 } },
    )
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    const { cookie } = browser
    await browser.fetch('/soon')
    pass(10_000)
    expect(await (await fetch(`${server.url}/read`, { headers: { cookie } })).json()).toEqual({})
  })

  it('ends a session without an expiry once it has not been used for defaultIdleTimeoutMs', async () => {
    const { subject } = onMemory({ defaultIdleTimeoutMs: 60_000 })
    await using server = await serve(subject, '', () => {})
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    pass(59_999)
    expect(await browser.json('/read')).toEqual({ a: '1' })
    pass(60_000)
    expect(await browser.json('/read')).toEqual({})
  })

  it('by the clock that the store is given ends a session, which is swept after the grace', async () => {
    const clock = manualClock()
    const { subject, store, records } = onMemory({ clock, graceMs: 1_000 })
    await using server = await serve(subject, '', () => {}, { cookie: { maxAge: 60_000 } })
    const browser = server.browser()
    await browser.fetch('/write/a/1')
    clock.advance(59_999)
    const { cookie } = browser
    expect(await (await fetch(`${server.url}/read`, { headers: { cookie } })).json()).toEqual({ a: '1' })
    clock.advance(60_000)
    expect(await (await fetch(`${server.url}/read`, { headers: { cookie } })).json()).toEqual({})
    expect([await store.sweep(), records.size]).toMatchObject([{ removed: 0 }, 2])
    clock.advance(1_000)
    expect([await store.sweep(), records.size]).toMatchObject([{ removed: 1 }, 1])
  })
})
