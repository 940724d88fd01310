import type { IncomingHttpHeaders } from 'node:http'
import autocannon, { type Client } from 'autocannon'

export type Route = 'increment' | 'read'

export interface Round {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly acknowledged: number
  /** Connections that broke, requests that timed out and answers other than 2xx. */
  readonly failed: number
  /** By how much the visitors' counters grew. */
  readonly counted: number
}

/** As many visitors as there are connections, each with a session of their own. */
export class Visitors {
  readonly #url: string
  readonly #cookies: string[]

  private constructor(url: string, cookies: string[]) {
    this.#url = url
    this.#cookies = cookies
  }

  /** Their first requests, which bring no cookie. */
  static async come(url: string, count: number): Promise<Visitors> {
    const visitors = new Visitors(
      url,
      Array.from({ length: count }, () => ''),
    )
    await visitors.#each('increment', () => {})
    return visitors
  }

  /** Every visitor asks again as soon as the answer is there. */
  async load(route: Route, seconds: number): Promise<Round> {
    const before = await this.#sum()
    let acknowledged = 0
    let connection = 0
    const result = await autocannon({
      url: `${this.#url}${route}`,
      connections: this.#cookies.length,
      duration: seconds,
      setupClient: (client) => {
        this.#keepCookie(client, connection++)
        client.on('response', () => acknowledged++)
      },
    })
    return {
      requestsPerSecond: acknowledged / result.duration,
      p50Ms: result.latency.p50,
      p99Ms: result.latency.p99,
      acknowledged,
      failed: result.errors + result.non2xx,
      counted: (await this.#sum()) - before,
    }
  }

  async #sum(): Promise<number> {
    let sum = 0
    await this.#each('read', (n) => {
      sum += n
    })
    return sum
  }

  async #each(route: string, take: (n: number) => void): Promise<void> {
    for (const [visitor, cookie] of this.#cookies.entries()) {
      const response = await fetch(`${this.#url}${route}`, { headers: cookie ? { cookie } : {} })
      const { n } = (await response.json()) as { n: number }
      if (!response.ok || !Number.isSafeInteger(n)) throw new Error(`answered ${response.status} with ${n}`)
      const [set] = response.headers.getSetCookie()
      if (set !== undefined) this.#cookies[visitor] = pair(set)
      take(n)
    }
  }

  /** Sends the visitor's cookie, and the one that takes its place. */
  #keepCookie(client: Client, visitor: number): void {
    const cookie = this.#cookies[visitor]
    if (cookie) client.setHeaders({ cookie })
    // Unlike its types say, autocannon hands on what its parser has: names and values in turn.
    client.on('headers', (parsed: IncomingHttpHeaders & { headers?: unknown }) => {
      const fields = parsed.headers as unknown as string[]
      const name = fields.findIndex((field) => field.toLowerCase() === 'set-cookie')
      if (name < 0) return
      const set = pair(fields[name + 1] ?? '')
      this.#cookies[visitor] = set
      client.setHeaders({ cookie: set })
    })
  }
}

function pair(setCookie: string): string {
  return setCookie.split(';')[0] ?? ''
}
