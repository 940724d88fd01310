import { createSessions, type Session } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import connect from 'connect'
import express, { type Request } from 'express'
import { expect, it } from 'vitest'
import { expressSessions } from './express-sessions.ts'
import { Browser, listening } from './testing-frameworks.ts'

interface Data {
  visits: number
}
interface Flash {
  notice: string
}

const sessions = createSessions<Data, Flash>({ store: memoryStore(), initialData: () => ({ visits: 0 }) })

it('the middleware and the session fit the types of Express and Connect as they are', async () => {
  const { middleware, sessionOf } = expressSessions(sessions, { secure: false })
  const app = express()
  app.use(middleware)
  app.use('/router', express.Router().use(middleware))
  app.get('/:name', middleware, (request, response) => {
    const session: Session<Data, Flash> = sessionOf(request)
    session.flash('notice', request.params.name)
    response.json(session.data.visits)
  })
  await using server = await listening(connect().use(middleware).use('/below', middleware).use(app))
  expect(await new Browser(server.url).text('/ada')).toBe('0')
})

it('a function is given the request of the framework, and where it lets requests go on there may be no session', async () => {
  const { middleware, sessionOf } = expressSessions(sessions, {
    secure: (request: Request) => request.secure,
    onStoreFailure: (_error, request) => (request.path === '/' ? 'anonymous' : 'fail'),
  })
  const app = express().use(middleware)
  app.get('/', (request, response) => {
    const session: Session<Data, Flash> | undefined = sessionOf(request)
    // @ts-expect-error there may be none
    response.json(sessionOf(request).data.visits === session?.data.visits)
  })
  await using server = await listening(app)
  expect(await new Browser(server.url).text('/')).toBe('true')
})
