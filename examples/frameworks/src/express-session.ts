import { expressSessionStore } from '@leeway/express/express-session'
import express from 'express'
import session from 'express-session'
import { announce, host, page, port } from './page.ts'
import { store } from './store.ts'

declare module 'express-session' {
  interface SessionData {
    visits?: number
    user?: string
  }
}

// The cookie, the id in it and `request.session` are express-session's. What is stored is leeway's.
const sessions = expressSessionStore({ store })
sessions.startSweeper() // removes what has ended

const app = express()
const secret = 'signs the cookie; keep yours out of the code'
app.use(session({ store: sessions, secret, resave: false, saveUninitialized: false }))

app.get('/', ({ session }, response) => {
  session.visits = (session.visits ?? 0) + 1
  response.send(page(session.visits, session.user))
})

app.post('/login', (request, response, next) => {
  const { visits = 0 } = request.session
  // A new session under a new id: the old one opens nothing any more.
  request.session.regenerate((error) => {
    if (error) return next(error)
    Object.assign(request.session, { visits, user: 'Ada' }) // here you would check a password first
    // express-session saves when the answer ends, so a browser that follows a redirect might come too early.
    request.session.save((error) => (error ? next(error) : response.redirect(303, '/')))
  })
})

app.post('/logout', (request, response, next) => {
  request.session.destroy((error) => (error ? next(error) : response.redirect(303, '/')))
})

const server = app.listen(port, host, () => announce(server.address()))
