import { createSessions } from '@leeway/core'
import { fastifySessions } from '@leeway/fastify'
import Fastify from 'fastify'
import { announce, host, page, port } from './page.ts'
import { store } from './store.ts'

const sessions = createSessions({ store, initialData: () => ({ visits: 0 }) })
sessions.startSweeper() // removes what has ended
const { plugin, sessionOf } = fastifySessions(sessions, { secure: false }) // plain HTTP; leave this out behind HTTPS

const app = Fastify()
app.register(plugin)

app.get('/', async (request, reply) => {
  const session = sessionOf(request)
  const { visits } = await session.update((data) => {
    data.visits++
  })
  return reply.type('text/html').send(page(visits, session.owner))
})

app.post('/login', async (request, reply) => {
  await sessionOf(request).login('Ada') // here you would check a password first
  return reply.redirect('/', 303)
})

app.post('/logout', async (request, reply) => {
  await sessionOf(request).destroy()
  return reply.redirect('/', 303)
})

await app.listen({ host, port })
announce(app.server.address())
