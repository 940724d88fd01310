import { serve } from '@hono/node-server'
import { createSessions } from '@leeway/core'
import { fetchSessions } from '@leeway/core/fetch'
import { announce, host, page, port } from './page.ts'
import { store } from './store.ts'

const sessions = createSessions({ store, initialData: () => ({ visits: 0 }) })
sessions.startSweeper() // removes what has ended
const { withSession } = fetchSessions(sessions, { secure: false }) // plain HTTP; leave this out behind HTTPS

// No framework: a request comes in, a response goes out. Bun and Deno serve such a function by themselves.
const fetch = withSession(async (request: Request, session) => {
  const { pathname } = new URL(request.url)
  const route = `${request.method} ${pathname}`
  if (route === 'GET /') {
    const { visits } = await session.update((data) => {
      data.visits++
    })
    return new Response(page(visits, session.owner), { headers: { 'Content-Type': 'text/html' } })
  }
  if (route === 'POST /login')
    await session.login('Ada') // here you would check a password first
  else if (route === 'POST /logout') await session.destroy()
  else return new Response('not found', { status: 404 })
  return new Response(null, { status: 303, headers: { Location: '/' } })
})

serve({ fetch, hostname: host, port }, announce)
