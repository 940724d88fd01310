import { serve } from '@hono/node-server'
import { createSessions } from '@leeway/core'
import { honoSessions } from '@leeway/hono'
import { Hono } from 'hono'
import { announce, host, page, port } from './page.ts'
import { store } from './store.ts'

const sessions = createSessions({ store, initialData: () => ({ visits: 0 }) })
sessions.startSweeper() // removes what has ended
const { middleware } = honoSessions(sessions, { secure: false }) // plain HTTP; leave this out behind HTTPS

const app = new Hono()
  .use(middleware)
  .get('/', async (c) => {
    const { session } = c.var
    const { visits } = await session.update((data) => {
      data.visits++
    })
    return c.html(page(visits, session.owner))
  })
  .post('/login', async (c) => {
    await c.var.session.login('Ada') // here you would check a password first
    return c.redirect('/', 303)
  })
  .post('/logout', async (c) => {
    await c.var.session.destroy()
    return c.redirect('/', 303)
  })

serve({ fetch: app.fetch, hostname: host, port }, announce)
