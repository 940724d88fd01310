import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSessions, type SessionStore } from '@leeway/core'
import type { Clock } from '@leeway/core/testing'
import { createApp } from './app.ts'
import type { Visitor } from './visitor.ts'

/** A visitor's browser: keeps the cookies that the server sends it, by name. */
class Browser {
  readonly cookies = new Map<string, string>()
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  get(path: string): Promise<Response> {
    return this.#fetch(path, {})
  }

  post(path: string, body: unknown = {}, headers: Record<string, string> = { 'content-type': 'application/json' }) {
    return this.#fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(`${this.#url}${path}`, { ...init, headers: { ...init.headers, cookie } })
    for (const header of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? []
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }
}

/** A server on a free port. */
export async function listen(listener: RequestListener) {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** The app over HTTP on a free port, on any store. */
export async function serve(store: SessionStore, clock?: Clock) {
  const sessions = createSessions<Visitor>({
    store,
    initialData: () => ({ visits: 0 }),
    ...(clock && { clock }),
  })
  const listening = await listen(createApp({ sessions, secureCookies: false, ...(clock && { clock }) }))
  return {
    ...listening,
    sessions,
    browser: () => new Browser(listening.url),
    async close() {
      await listening.close()
      await sessions.close()
    },
  }
}

interface State {
  readonly session: { readonly id: string; readonly owner: string | null; readonly visits: number }
  readonly sessions: readonly { readonly id: string; readonly current: boolean }[]
}

/** The visitor's state that the API answered with. */
export async function stateIn(response: Response): Promise<State> {
  return (await response.json()) as State
}
