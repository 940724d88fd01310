import cookiePlugin from '@fastify/cookie'
import sessionPlugin from '@fastify/session'
import { fastifySessionStore } from '@leeway/fastify/fastify-session'
import Fastify, { type FastifyRequest } from 'fastify'
import { type Running, SECRET, type Setting } from './applications.ts'
import { served } from './on-fastify.ts'
import type { Visit } from './visits.ts'

export async function onFastifySession({ store, clock, maxHeaderSize }: Setting): Promise<Running> {
  const sessions = fastifySessionStore({ store, ...(clock && { clock }) })
  const app = Fastify({ http: { maxHeaderSize }, bodyLimit: 10_000_000 })
  await app.register(cookiePlugin)
  await app.register(sessionPlugin, {
    store: sessions,
    secret: SECRET,
    saveUninitialized: false,
    rolling: false,
    cookie: { secure: false },
  })
  return served(app, visitOf, () => sessions.close())
}

function visitOf(request: FastifyRequest): Visit {
  return {
    read: () => {
      const { cookie: _cookie, owner = null, ...data } = JSON.parse(JSON.stringify(request.session))
      return { owner, data }
    },
    write: (values) => Object.assign(request.session, values),
    async login(owner) {
      await request.session.regenerate()
      Object.assign(request.session, { owner })
    },
    logout: () => request.session.destroy(),
  }
}
