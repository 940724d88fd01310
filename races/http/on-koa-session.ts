import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { koaSessionStore } from '@leeway/koa'
import Koa from 'koa'
import session from 'koa-session'
import { type Binding, listening } from './application.ts'
import { Holds } from './holds.ts'
import { UPDATE_TIMEOUT_MS } from './native.ts'
import { route, type Visit } from './routes.ts'

export const onKoaSession: Binding = {
  name: 'koa-session with leeway',
  async start(store) {
    const kept = koaSessionStore({ store, updateTimeoutMs: UPDATE_TIMEOUT_MS })
    const holds = new Holds()
    const app = new Koa()
    app.keys = ['races']
    // It prints what it answers with 500.
    app.silent = true
    app.use(session({ store: kept }, app))
    app.use(async (ctx) => {
      const { status, headers, body } = await route(ctx.url, visitOf(ctx), holds)
      ctx.status = status
      ctx.set({ ...headers })
      ctx.body = typeof body === 'string' ? body : Readable.from(body)
    })
    return listening(createServer(app.callback()), holds, () => kept.close())
  },
}

function visitOf(ctx: Koa.Context): Visit {
  const data = (): Record<string, unknown> => ctx.session ?? {}
  return {
    owner: () => data().owner,
    data,
    async login(owner) {
      await ctx.session?.regenerate()
      data().owner = owner
    },
    async logout() {
      ctx.session = null
    },
  }
}
