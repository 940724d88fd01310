import cookie from '@fastify/cookie'
import session from '@fastify/session'
import { fastifySessionStore } from '@leeway/fastify/fastify-session'
import Fastify from 'fastify'
import { announce, host, page, port } from './page.ts'
import { store } from './store.ts'

declare module 'fastify' {
  interface Session {
    visits?: number
    user?: string
  }
}

// The cookie, the id in it and `request.session` are @fastify/session's. What is stored is leeway's.
const sessions = fastifySessionStore({ store })
sessions.startSweeper() // removes what has ended

const app = Fastify()
app.register(cookie)
app.register(session, {
  store: sessions,
  secret: 'signs the cookie; keep yours out of the code',
  saveUninitialized: false,
  cookie: { secure: false }, // plain HTTP; leave this out behind HTTPS
})

app.get('/', async ({ session }, reply) => {
  session.visits = (session.visits ?? 0) + 1
  return reply.type('text/html').send(page(session.visits, session.user))
})

app.post('/login', async (request, reply) => {
  await request.session.regenerate(['visits']) // a new session under a new id: the old one opens nothing any more
  request.session.user = 'Ada' // here you would check a password first
  return reply.redirect('/', 303)
})

app.post('/logout', async ({ session }, reply) => {
  await session.destroy()
  return reply.redirect('/', 303)
})

await app.listen({ host, port })
announce(app.server.address())
