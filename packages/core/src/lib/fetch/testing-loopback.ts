import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

// For the tests of this package: handlers of fetch's Request over real HTTP.

export interface Loopback extends AsyncDisposable {
  readonly url: string
  /** A visitor whose browser keeps the cookie. */
  browser(): Browser
}

class Browser {
  cookie = ''
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(this.#url + path, { ...init, headers: { cookie: this.cookie }, redirect: 'manual' })
    this.take(response)
    return response
  }

  take(response: Response): void {
    for (const header of response.headers.getSetCookie()) {
      this.cookie = header.includes('Max-Age=0') ? '' : (header.split(';')[0] ?? '')
    }
  }
}

/** Serves until disposed of. An error of the handler is answered with 500, as servers do. */
export async function serve(handler: (request: Request) => Promise<Response>): Promise<Loopback> {
  const server = createServer((incoming, outgoing) => {
    void handler(received(incoming)).then(
      (response) => send(response, outgoing),
      () => outgoing.writeHead(500).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    browser: () => new Browser(url),
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function received({ url, method, headers }: IncomingMessage): Request {
  const cookie = headers.cookie === undefined ? {} : { cookie: headers.cookie }
  return new Request(`http://shop.example${url}`, { method: method ?? 'GET', headers: cookie })
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  const headers = [...response.headers].filter(([name]) => name !== 'set-cookie')
  outgoing.writeHead(
    response.status,
    [...headers, ...response.headers.getSetCookie().map((one) => ['Set-Cookie', one])].flat(),
  )
  outgoing.flushHeaders()
  for await (const chunk of response.body ?? []) outgoing.write(chunk)
  outgoing.end()
}
