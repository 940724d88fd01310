import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type WebSocketServerLike } from '@hono/node-server'

/** A visitor's browser: follows no redirect, and keeps the session's cookie. */
export class Browser {
  cookie = ''
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...init.headers, cookie: this.cookie }
    const response = await fetch(this.#url + path, { redirect: 'manual', ...init, headers })
    this.take(response)
    return response
  }

  async text(path: string): Promise<string> {
    return (await this.fetch(path)).text()
  }

  take(response: Response): void {
    for (const header of response.headers.getSetCookie().filter((one) => one.startsWith('leeway='))) {
      this.cookie = header.includes('Max-Age=0') ? '' : (header.split(';')[0] ?? '')
    }
  }
}

/** Serves an application on a free port, until disposed of. @param wss takes up its WebSockets */
export async function serve(
  { fetch }: { readonly fetch: Parameters<typeof createAdaptorServer>[0]['fetch'] },
  wss?: WebSocketServerLike,
) {
  const server = createAdaptorServer(wss ? { fetch, websocket: { server: wss } } : { fetch })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    browser: () => new Browser(url),
    async [Symbol.asyncDispose]() {
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
