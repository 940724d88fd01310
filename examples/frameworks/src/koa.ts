import { koaSessionStore } from '@leeway/koa'
import Koa from 'koa'
import session from 'koa-session'
import { announce, host, page, port } from './page.ts'
import { store } from './store.ts'

// The cookie, the key in it and `ctx.session` are koa-session's. What is stored is leeway's.
const sessions = koaSessionStore({ store })
sessions.startSweeper() // removes what has ended

const app = new Koa()
app.keys = ['signs the cookie; keep yours out of the code']
app.use(session({ store: sessions }, app))
app.use(async (ctx) => {
  const route = `${ctx.method} ${ctx.path}`
  if (route === 'GET /') {
    ctx.session.visits = (ctx.session.visits ?? 0) + 1
    ctx.body = page(ctx.session.visits, ctx.session.user)
  } else if (route === 'POST /login') {
    ctx.session.user = 'Ada' // here you would check a password first
    await ctx.session.regenerate() // the same session under a new key: the old one opens nothing any more
    ctx.status = 303
    ctx.redirect('/')
  } else if (route === 'POST /logout') {
    ctx.session = null
    ctx.status = 303
    ctx.redirect('/')
  }
})

const server = app.listen(port, host, () => announce(server.address()))
