import type { SessionStore } from '@leeway/core'
import type { HttpOptions } from '@leeway/core/http'
import type { Clock } from '@leeway/core/testing'
import { onExpress } from './on-express.ts'
import { onExpressSession } from './on-express-session.ts'
import { onFastify } from './on-fastify.ts'
import { onFastifySession } from './on-fastify-session.ts'
import { onFetch } from './on-fetch.ts'
import { onHono } from './on-hono.ts'
import { onKoaSession } from './on-koa-session.ts'
import { onNode } from './on-node.ts'

/** What the frameworks sign their cookies with. */
export const SECRET = 'what the cookies of these tests are signed with'

export type Cookie = Omit<HttpOptions<unknown>, 'secure' | 'client' | 'onStoreFailure'> & { readonly secure?: boolean }

export interface Setting {
  readonly store: SessionStore
  /** Default: over plain HTTP. */
  readonly cookie?: Cookie
  readonly clock?: Clock
  /** Of the headers of a request; Node's default is 16 KiB. */
  readonly maxHeaderSize?: number
}

/** An application that listens on a loopback port of its own. */
export interface Running {
  readonly port: number
  /** What its handlers, or the saving of a session, failed with. */
  readonly errors: unknown[]
  /** Ends the server, and closes the store. */
  [Symbol.asyncDispose](): Promise<void>
}

export type Start = (setting: Setting) => Promise<Running>

/** Bindings of leeway: the cookie is leeway's own. */
export const natives = {
  'node:http': onNode,
  fetch: onFetch,
  Express: onExpress,
  Fastify: onFastify,
  Hono: onHono,
} satisfies Record<string, Start>

/** Frameworks' own sessions on a store of leeway: id and cookie are theirs. */
export const dropIns = {
  'express-session': onExpressSession,
  '@fastify/session': onFastifySession,
  'koa-session': onKoaSession,
} satisfies Record<string, Start>
