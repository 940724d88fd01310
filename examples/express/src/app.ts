import type { ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { type Clock, type Sessions, systemClock } from '@leeway/core'
import express, { type ErrorRequestHandler, type Express } from 'express'
import { browserApi } from './browser-api.ts'
import { jsonBody } from './json-body.ts'
import { type Replay, replay } from './race/replay.ts'
import type { Visitor } from './visitor.ts'

const page = fileURLToPath(new URL('../public', import.meta.url))

export interface AppOptions {
  readonly sessions: Sessions<Visitor>
  /** False for plain HTTP, as on localhost; true behind HTTPS. */
  readonly secureCookies: boolean
  /** The one that the sessions were given, where they were given one. */
  readonly clock?: Clock
}

/**
 * The page and its API. It holds two browsers: each has a cookie of its own, with a name and a path of its own, so that
 * one page can show what two devices of one user would see.
 */
export function createApp({ sessions, secureCookies, clock = systemClock }: AppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.use((_request, response, next) => {
    response.set({
      'Content-Security-Policy': "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'same-origin',
    })
    next()
  })
  for (const browser of ['a', 'b']) {
    const cookie = { name: `leeway_${browser}`, path: `/${browser}/`, secure: secureCookies }
    app.use(`/${browser}/api`, browserApi(sessions, cookie, clock))
  }
  let replaying: Promise<unknown> = Promise.resolve()
  app.post('/api/replay', jsonBody, async (request, response) => {
    // One at a time, however many ask: each makes databases.
    const replays: Promise<Replay[]> = replaying.then(() => replay(request.body.all === true))
    replaying = replays.catch(() => {})
    response.json(await replays)
  })
  app.use(express.static(page, { setHeaders: neverKept }))
  app.use((_request, response) => {
    response.status(404).json({ error: 'there is nothing here' })
  })
  app.use(onError)
  return app
}

/** A page that a browser keeps is brought back by the back button as it was left, and shows a visitor who has logged out. */
function neverKept(response: ServerResponse, path: string): void {
  if (path.endsWith('.html')) response.setHeader('Cache-Control', 'no-store')
}

/** What the request did wrong is told; what we did wrong goes to the log, not to the visitor. */
const onError: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) {
    next(error)
    return
  }
  const status = error?.expose === true && Number.isInteger(error.status) ? error.status : 500
  if (status === 500) console.error(error)
  response.status(status).json({ error: status === 500 ? 'something went wrong here' : error.message })
}
