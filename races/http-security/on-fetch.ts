import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createSessions } from '@leeway/core'
import { fetchSessions } from '@leeway/core/fetch'
import type { Running, Setting } from './applications.ts'
import { ended, listening } from './on-node.ts'
import { answerTo, type Data, nativeVisit } from './visits.ts'

export async function onFetch({ store, clock, cookie, maxHeaderSize }: Setting): Promise<Running> {
  const sessions = createSessions<Data>({ store, ...(clock && { clock }) })
  const { withSession } = fetchSessions(sessions, { secure: false, ...cookie })
  const errors: unknown[] = []
  const handle = withSession(async (request: Request, session) =>
    Response.json(await answerTo(nativeVisit(session), new URL(request.url).pathname, await request.text())),
  )
  const errorHandler = (error: unknown) => {
    errors.push(error)
    return new Response('failed', { status: 500, headers: { 'Content-Length': '6' } })
  }
  const server = createServer({ maxHeaderSize }, getRequestListener(handle, { errorHandler }))
  const port = await listening(server)
  return { port, errors, [Symbol.asyncDispose]: () => ended(server, () => sessions.close()) }
}
