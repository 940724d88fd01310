import { createServer } from 'node:http'
import { createSessions } from '@leeway/core'
import { expressSessions } from '@leeway/express'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import type { Running, Setting } from './applications.ts'
import { ended, listening } from './on-node.ts'
import { answerTo, type Data, nativeVisit, type Visit } from './visits.ts'

export async function onExpress({ store, clock, cookie, maxHeaderSize }: Setting): Promise<Running> {
  const sessions = createSessions<Data>({ store, ...(clock && { clock }) })
  const { middleware, sessionOf } = expressSessions(sessions, { secure: false, ...cookie })
  const app = express()
  app.use(middleware)
  return servedBy(
    app,
    (request) => nativeVisit(sessionOf(request)),
    () => sessions.close(),
    maxHeaderSize,
  )
}

/** The routes, on an application that has its sessions. */
export async function servedBy(
  app: Express,
  visitOf: (request: Request) => Visit,
  close: () => Promise<void>,
  maxHeaderSize: number | undefined,
): Promise<Running> {
  const errors: unknown[] = []
  app.use(express.text({ type: '*/*', limit: '10mb' }))
  app.use(async (request, response) => {
    const body = typeof request.body === 'string' ? request.body : ''
    response.json(await answerTo(visitOf(request), request.path, body))
  })
  app.use((error: unknown, _: Request, response: Response, _next: NextFunction) => {
    errors.push(error)
    if (!response.headersSent) response.status(statusOf(error)).send('failed')
  })
  const server = createServer({ maxHeaderSize }, app)
  const port = await listening(server)
  return { port, errors, [Symbol.asyncDispose]: () => ended(server, close) }
}

/** The status that an error asks for, as Express' own handler takes it. */
export function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined
  return typeof status === 'number' ? status : 500
}
