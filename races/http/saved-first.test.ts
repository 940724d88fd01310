import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { MemoryStore, type SessionData } from 'express-session'
import { describe, expect, test } from 'vitest'
import { Barrier } from '../barrier.ts'
import { scratchPlaces } from '../scratch.ts'
import type { Application } from './application.ts'
import { dropInKinds, isNative, nativeBindings, onEveryStore } from './bindings.ts'
import { Browser } from './browser.ts'
import { heldCall } from './held-call.ts'
import { onFastifySession } from './on-fastify-session.ts'
import { onKoaSession } from './on-koa-session.ts'
import { serveExpressSession } from './serve-express-session.ts'
import { start } from './start.ts'

const REDIRECT = '/login-and-redirect?key=seen&value=yes'
const STREAM = '/stream?key=seen&value=yes&then=rest'
const placeOf = scratchPlaces()

/** Of the frameworks' own sessions, those of frameworks that save before they send. */
const saving = [...onEveryStore(nativeBindings), ...onEveryStore([onFastifySession, onKoaSession], dropInKinds)]

describe.each(saving)('the next request sees the session: $name on $kind', ({ binding, kind, place }) => {
  test('after the redirect of a login (express-session #360)', async () => {
    await using started = await start(binding, kind, placeOf(kind, `${place}-redirect`))
    const { app, browser, watched } = started
    await browser.visit('/set?key=cart&value=book')
    // A native login is an update of its own, which the handler waits for.
    const save = heldCall(watched, 'update', isNative(binding) ? 2 : 1)
    const { isAnswered, response } = await whileHeld(app, browser, REDIRECT, save)
    expect(isAnswered).toBe(false)
    expect((await response).headers.location).toBe('/read')
    await arrived(browser, await response)
    expect(await browser.shown()).toMatchObject({ owner: 'alice', data: { seen: 'yes' } })
  })

  test('at the first byte of a stream', async () => {
    await using started = await start(binding, kind, placeOf(kind, `${place}-stream`))
    const { app, browser, watched } = started
    const rest = app.holds.place('rest', 1)
    const { isAnswered, response } = await whileHeld(app, browser, STREAM, heldCall(watched, 'create'))
    expect(isAnswered).toBe(false)
    const stream = await response
    expect(await arrived(browser, stream)).toBe('first')
    expect(await browser.shown()).toMatchObject({ owner: null, data: { seen: 'yes' } })
    rest.release()
    expect(await text(stream)).toBe('last')
  })
})

test('express-session sends the redirect of a login before its store has saved it', async () => {
  const set = new Barrier(1)
  class SlowStore extends MemoryStore {
    override set(id: string, session: SessionData, done?: (error?: unknown) => void): void {
      void set.arrive().then(() => super.set(id, session, done))
    }
  }
  await using app = await serveExpressSession(new SlowStore(), async () => {})
  const browser = new Browser(app)
  const response = await browser.begin(REDIRECT)
  await arrived(browser, response)
  expect(await browser.shown()).toEqual({ owner: null, data: expect.not.objectContaining({ seen: 'yes' }) })
  set.release()
  await text(response)
  expect(await browser.shown()).toMatchObject({ owner: 'alice', data: { seen: 'yes' } })
})

/** Sends a request whose save is held, and tells whether anything of the response arrived before that was over. */
async function whileHeld(app: Application, browser: Browser, path: string, save: Barrier) {
  let isAnswered = false
  const response = browser.begin(path).finally(() => {
    isAnswered = true
  })
  await save.full
  // A whole round trip, in which an answer that did not wait would have arrived.
  await new Browser(app).shown()
  const wasAnswered = isAnswered
  save.release()
  return { isAnswered: wasAnswered, response }
}

/** The browser takes the headers, and then what there is of the body. */
async function arrived(browser: Browser, response: IncomingMessage): Promise<string> {
  browser.take({ setCookies: response.headers['set-cookie'] ?? [] })
  await once(response, 'readable')
  return String(response.read())
}
