import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createSessions } from '@leeway/core'
import { honoSessions } from '@leeway/hono'
import { Hono } from 'hono'
import type { Running, Setting } from './applications.ts'
import { ended, listening } from './on-node.ts'
import { answerTo, type Data, nativeVisit } from './visits.ts'

export async function onHono({ store, clock, cookie, maxHeaderSize }: Setting): Promise<Running> {
  const sessions = createSessions<Data>({ store, ...(clock && { clock }) })
  const { middleware } = honoSessions(sessions, { secure: false, ...cookie })
  const errors: unknown[] = []
  const app = new Hono().use(middleware)
  app.all('*', async (c) =>
    c.body(JSON.stringify(await answerTo(nativeVisit(c.var.session), c.req.path, await c.req.text()))),
  )
  app.onError((error, c) => {
    errors.push(error.cause ?? error)
    return c.text('failed', 'status' in error && error.status === 503 ? 503 : 500)
  })
  const server = createServer({ maxHeaderSize }, getRequestListener(app.fetch))
  const port = await listening(server)
  return { port, errors, [Symbol.asyncDispose]: () => ended(server, () => sessions.close()) }
}
