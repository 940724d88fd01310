// Compiled against the published types: what applications in each framework write, without a cast.
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import { serve } from '@hono/node-server'
import { createSessions } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { expressSessions } from '@leeway/express'
import { expressSessionStore } from '@leeway/express/express-session'
import { fastifySessions } from '@leeway/fastify'
import { fastifySessionStore } from '@leeway/fastify/fastify-session'
import { honoSessions } from '@leeway/hono'
import { koaSessionStore } from '@leeway/koa'
import express, { type Request } from 'express'
import expressSession from 'express-session'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import koaSession from 'koa-session'

const sessions = createSessions({ store: memoryStore(), initialData: () => ({ visits: 0 }) })

const onExpress = expressSessions(sessions, { secure: (request: Request) => request.secure })
const app = express().use(onExpress.middleware)
app.get('/', async (request, response) => {
  // @ts-expect-error the data is typed
  onExpress.sessionOf(request).data.cart = 1
  response.json((await onExpress.sessionOf(request).update((data) => void data.visits++)).visits)
})

const anonymous = expressSessions(sessions, { onStoreFailure: 'anonymous' })
app.get('/anonymous', (request, response) => {
  // @ts-expect-error there may be no session in an outage
  response.json(anonymous.sessionOf(request).data.visits)
})

const dropIn = express()
dropIn.use(expressSession({ store: expressSessionStore({ store: memoryStore() }), secret: 'keyboard cat' }))

const onFastify = fastifySessions(sessions)
const server = fastify()
await server.register(onFastify.plugin)
server.get('/', async (request) => onFastify.sessionOf(request).data.visits)

const session = fastify()
await session.register(fastifyCookie)
await session.register(fastifySession, {
  store: fastifySessionStore({ store: memoryStore() }),
  secret: 'a secret with the length that @fastify/session asks for',
})

const hono = new Hono().use(honoSessions(sessions).middleware).get('/', (c) => c.json(c.var.session.data.visits))
serve(hono).close()

const koa = new Koa()
koa.use(koaSession({ store: koaSessionStore({ store: memoryStore() }) }, koa))
