import { fileURLToPath } from 'node:url'
import type { Sessions } from '@leeway/core'
import express, { type Express } from 'express'
import { browserApi } from './browser-api.ts'
import { replayAll } from './race/replay.ts'
import type { Visitor } from './visitor.ts'

const page = fileURLToPath(new URL('../public', import.meta.url))

export interface AppOptions {
  readonly sessions: Sessions<Visitor>
  /** False for plain HTTP, as on localhost; true behind HTTPS. */
  readonly secureCookies: boolean
}

/**
 * The page and its API. It holds two browsers: each has a cookie of its own, with a name and a path of its own, so that
 * one page can show what two devices of one user would see.
 */
export function createApp({ sessions, secureCookies }: AppOptions): Express {
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
    app.use(`/${browser}/api`, browserApi(sessions, cookie))
  }
  app.post('/api/replay', async (_request, response) => {
    response.json(await replayAll())
  })
  app.use(express.static(page))
  return app
}
