import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import type { SessionStore } from '@leeway/core'
import type { Clock } from '@leeway/core/testing'
import type { Holds } from './holds.ts'

/** One application of the races, serving the routes over HTTP. */
export interface Application extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string
  readonly holds: Holds
  /** How many connections are open. */
  connections(): Promise<number>
}

export interface ApplicationOptions {
  /** Default: the system's. */
  readonly clock?: Clock
  readonly onStoreFailure?: 'fail' | 'anonymous'
}

/** A way of having sessions in a framework. */
export interface Binding {
  readonly name: string
  /** The application closes the store. */
  start(store: SessionStore, options?: ApplicationOptions): Promise<Application>
}

/** Has the server listen on a free loopback port. */
export async function listening(server: Server, holds: Holds, close: () => Promise<unknown>): Promise<Application> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return application(server, holds, close)
}

/** @param server one that listens on a loopback port */
export function application(server: Server, holds: Holds, close: () => Promise<unknown>): Application {
  const { port } = server.address() as AddressInfo
  // An idle connection that the server closes would fail a request that is on its way.
  server.keepAliveTimeout = 0
  return {
    url: `http://127.0.0.1:${port}`,
    holds,
    connections: () => promisify(server.getConnections.bind(server))(),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      await close()
    },
  }
}
