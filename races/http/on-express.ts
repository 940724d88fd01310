import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { expressSessions } from '@leeway/express'
import express from 'express'
import { type Binding, listening } from './application.ts'
import { Holds } from './holds.ts'
import { nativeSessions } from './native.ts'
import { nativeVisit, route } from './routes.ts'

export const onExpress: Binding = {
  name: 'Express',
  async start(store, given) {
    const { sessions, options } = nativeSessions(store, given)
    const { middleware, sessionOf } = expressSessions(sessions, options)
    const holds = new Holds()
    const app = express()
    app.use(middleware)
    app.use(async (request, response) => {
      const { status, headers, body } = await route(request.url, nativeVisit(sessionOf(request)), holds)
      response.status(status).set(headers)
      if (typeof body === 'string') response.send(body)
      else Readable.from(body).pipe(response)
    })
    return listening(createServer(app), holds, () => sessions.close())
  },
}
