import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Koa, { type Context } from 'koa'
import session, { type CreateSessionOptions } from 'koa-session'
import { Browser } from './browser.ts'
import type { Subject } from './subjects.ts'

export type Route = (ctx: Context) => unknown

const standard: Record<string, Route> = {
  '/read': (ctx) => {
    ctx.body = ctx.session
  },
  '/write': (ctx) => {
    Object.assign(ctx.session, ctx.query)
    ctx.body = ctx.session
  },
  '/login': async (ctx) => {
    ctx.session.user = 'alice'
    await ctx.session.regenerate()
    ctx.redirect('/read')
  },
  '/logout': (ctx) => {
    ctx.session = null
    ctx.redirect('/read')
  },
}

/** An application on koa-session with a store, over HTTP until disposed of. */
export async function application(
  { store }: Pick<Subject, 'store'>,
  routes: Record<string, Route> = {},
  options: CreateSessionOptions = {},
) {
  const app = new Koa()
  app.silent = true
  app.keys = ['what signs the cookie']
  app.use(session({ store, ...options }, app))
  const events: string[] = []
  for (const name of ['missed', 'expired', 'invalid']) app.on(`session:${name}`, () => events.push(name))
  app.use((ctx) => ({ ...standard, ...routes })[ctx.path]?.(ctx))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    events,
    browser: () => new Browser(url),
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** A place in a handler where requests wait for each other and for the test. */
export function gate(size: number) {
  const full = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<void>()
  let count = 0
  return {
    full: full.promise,
    open: opened.resolve,
    wait() {
      if (++count === size) full.resolve()
      return opened.promise
    },
  }
}
