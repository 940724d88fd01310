import cookie from '@fastify/cookie'
import session, { type FastifySessionOptions } from '@fastify/session'
import Fastify, { type FastifyInstance } from 'fastify'
import { Browser } from '../testing/browser.ts'
import type { Opened, Subject } from './testing-subjects.ts'

// For the tests of this package: an application with @fastify/session, over real HTTP.

export const SECRET = 'a secret of at least 32 characters'

export type Build = (app: FastifyInstance, opened: Opened) => void

export async function serve(
  subject: Subject,
  redisUrl: string,
  build: Build,
  { cookie: cookieOptions, ...options }: Partial<FastifySessionOptions> = {},
) {
  const opened = await subject.open(redisUrl)
  const app = Fastify({ trustProxy: true })
  app.register(cookie)
  const { store } = opened
  app.register(session, { secret: SECRET, store, cookie: { secure: false, ...cookieOptions }, ...options })
  app.register(async (inner) => {
    inner.get('/read', async (request) => read(request.session))
    inner.get<{ Params: { key: string; value: string } }>('/write/:key/:value', async (request) => {
      write(request.session)[request.params.key] = request.params.value
      return read(request.session)
    })
    inner.get('/destroy', async (request) => {
      await request.session.destroy()
      return 'destroyed'
    })
    build(inner, opened)
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    ...opened,
    url,
    browser: () => new Browser(url),
    async [Symbol.asyncDispose]() {
      app.server.closeAllConnections()
      await app.close()
      await opened.close()
    },
  }
}

/** What an application has put into its session. */
export function read(session: object): Record<string, unknown> {
  const { cookie: _, ...data } = JSON.parse(JSON.stringify(session))
  return data
}

/** A session to put anything into. */
export function write(session: object): Record<string, unknown> {
  return session as Record<string, unknown>
}

/** A `Set-Cookie` header without what differs from run to run: values are named by their first appearance. */
export function sentCookies(response: Response, names: string[] = []): unknown[] {
  return response.headers.getSetCookie().map((header) => {
    const [pair = '', ...attributes] = header.split('; ')
    const value = pair.slice(pair.indexOf('=') + 1)
    if (!names.includes(value)) names.push(value)
    const expires = attributes.find((one) => one.startsWith('Expires='))?.slice('Expires='.length)
    const inSeconds = expires === undefined ? undefined : Math.round((Date.parse(expires) - Date.now()) / 1_000)
    return {
      value: value === '' ? 'none' : `cookie ${names.indexOf(value)}`,
      // A second is the precision of the header, and what a slow machine may add to it.
      ...(inSeconds !== undefined && { expiresInSeconds: inSeconds < 0 ? 'the past' : Math.ceil(inSeconds / 10) * 10 }),
      attributes: attributes.filter((one) => !one.startsWith('Expires=')),
    }
  })
}
