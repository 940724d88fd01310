import type { SessionStore } from '@leeway/core'
import type { HttpOptions } from '@leeway/core/http'
import type { Clock } from '@leeway/core/testing'
import { onExpress } from './on-express.ts'
import { onFetch } from './on-fetch.ts'
import { onNode } from './on-node.ts'

export interface Setting {
  readonly store: SessionStore
  /** Default: over plain HTTP. */
  readonly cookie?: Omit<HttpOptions<unknown>, 'secure'> & { readonly secure?: boolean }
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
} satisfies Record<string, Start>
