import { createSessions } from '@leeway/core'
import { expressSessions } from '@leeway/express'
import express from 'express'
import { announce, host, page, port } from './page.ts'
import { store } from './store.ts'

const sessions = createSessions({ store, initialData: () => ({ visits: 0 }) })
sessions.startSweeper() // removes what has ended
const { middleware, sessionOf } = expressSessions(sessions, { secure: false }) // plain HTTP; leave this out behind HTTPS

const app = express()
app.use(middleware)

app.get('/', async (request, response) => {
  const session = sessionOf(request)
  const { visits } = await session.update((data) => {
    data.visits++
  })
  response.send(page(visits, session.owner))
})

app.post('/login', async (request, response) => {
  await sessionOf(request).login('Ada') // here you would check a password first
  response.redirect(303, '/')
})

app.post('/logout', async (request, response) => {
  await sessionOf(request).destroy()
  response.redirect(303, '/')
})

const server = app.listen(port, host, () => announce(server.address()))
