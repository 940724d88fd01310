import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { koaSessionStore } from '@leeway/koa'
import Koa, { type Context } from 'koa'
import session from 'koa-session'
import { type Running, SECRET, type Setting } from './applications.ts'
import { statusOf } from './on-express.ts'
import { ended, listening } from './on-node.ts'
import { answerTo, type Visit } from './visits.ts'

export async function onKoaSession({ store, clock, maxHeaderSize }: Setting): Promise<Running> {
  const sessions = koaSessionStore({ store, ...(clock && { clock }) })
  const errors: unknown[] = []
  const app = new Koa()
  app.silent = true
  app.keys = [SECRET]
  app.use(async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      errors.push(error)
      ctx.status = statusOf(error)
      ctx.body = 'failed'
    }
  })
  app.use(session({ store: sessions }, app))
  app.use(async (ctx) => {
    ctx.body = JSON.stringify(await answerTo(visitOf(ctx), ctx.path, await text(ctx.req)))
  })
  const server = createServer({ maxHeaderSize }, app.callback())
  const port = await listening(server)
  return { port, errors, [Symbol.asyncDispose]: () => ended(server, () => sessions.close()) }
}

function visitOf(ctx: Context): Visit {
  return {
    read: () => {
      const { owner = null, ...data } = { ...ctx.session?.toJSON() }
      return { owner, data }
    },
    write: (values) => Object.assign(ctx.session, values),
    async login(owner) {
      await ctx.session.regenerate()
      ctx.session.owner = owner
    },
    async logout() {
      ctx.session = null
    },
  }
}
