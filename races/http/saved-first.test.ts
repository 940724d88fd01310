import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { MemoryStore, type SessionData } from 'express-session'
import { describe, expect, test } from 'vitest'
import { scratchPlaces } from '../scratch.ts'
import { nativeBindings, onEveryStore } from './bindings.ts'
import { Browser, received } from './browser.ts'
import { serveExpressSession } from './on-express-session.ts'
import { start } from './start.ts'

const placeOf = scratchPlaces()

describe.each(onEveryStore(nativeBindings))('saved before anything is sent: $name on $kind', ({ name, binding, kind }) => {
  test('a redirect after a login (express-session #360)', async () => {
    await using started = await start(binding, kind, placeOf(kind, `${name}-${kind}-redirect`))
    const { app, browser, watched } = started
    await browser.visit('/set?key=cart&value=book')
    const { reached, release } = holdCall((trouble) => {
      watched.trouble = trouble
    }, 'update')
    const redirect = seen(browser.begin('/login-and-redirect?key=seen&value=yes'))
    await reached
    // A whole round trip, in which an answer that did not wait would have arrived.
    await new Browser(app).shown()
    expect(redirect.isAnswered).toBe(false)
    release()
    const response = await redirect.response
    expect([response.statusCode, response.headers.location]).toEqual([303, '/read'])
    browser.take({ setCookies: response.headers['set-cookie'] ?? [] })
    expect(await browser.shown()).toEqual({ owner: 'alice', data: { cart: 'book', seen: 'yes' } })
    await text(response)
  })
})
