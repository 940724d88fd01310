import { expressSessionStore } from '@leeway/express/express-session'
import express, { type Request } from 'express'
import session from 'express-session'
import { type Running, SECRET, type Setting } from './applications.ts'
import { servedBy } from './on-express.ts'
import type { Visit } from './visits.ts'

export async function onExpressSession({ store, clock, maxHeaderSize }: Setting): Promise<Running> {
  const sessions = expressSessionStore({ store, ...(clock && { clock }) })
  const app = express()
  app.use(session({ store: sessions, secret: SECRET, resave: false, saveUninitialized: false }))
  return servedBy(app, visitOf, () => sessions.close(), maxHeaderSize)
}

function visitOf(request: Request): Visit {
  const called = (name: 'regenerate' | 'destroy') =>
    new Promise<void>((resolve, reject) => {
      request.session[name]((error: unknown) => (error ? reject(error) : resolve()))
    })
  return {
    read: () => {
      const { cookie: _cookie, owner = null, ...data } = JSON.parse(JSON.stringify(request.session))
      return { owner, data }
    },
    write: (values) => Object.assign(request.session, values),
    async login(owner) {
      await called('regenerate')
      Object.assign(request.session, { owner })
    },
    logout: () => called('destroy'),
  }
}
