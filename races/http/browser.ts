import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Application } from './application.ts'
import type { Shown } from './routes.ts'

const agent = new Agent({ keepAlive: true })

/** A response that has arrived whole. */
export interface Received {
  readonly status: number
  readonly setCookies: readonly string[]
  readonly body: string
}

/** A browser with one jar: what it sends, and what it keeps of the responses, in the order in which they are given to it. */
export class Browser {
  readonly #url: string
  readonly #jar = new Map<string, string>()

  constructor({ url }: Pick<Application, 'url'>, cookies = '') {
    this.#url = url
    for (const cookie of cookies.split('; ')) this.#keep(cookie)
  }

  /** The `Cookie` header of its next request. */
  get cookies(): string {
    return [...this.#jar].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** Sends a request with the cookies of now. Nothing is kept of the response before `take`. */
  async send(path: string): Promise<Received> {
    return received(await this.begin(path))
  }

  /** Sends a request; resolves once the first of the response is there. */
  begin(path: string, signal?: AbortSignal): Promise<IncomingMessage> {
    const headers = this.#jar.size === 0 ? {} : { Cookie: this.cookies }
    return new Promise((resolve, reject) => {
      const options = signal === undefined ? { agent, headers } : { agent, headers, signal }
      request(`${this.#url}${path}`, options, resolve).on('error', reject).end()
    })
  }

  /** The response arrives: its cookies replace those that are there. */
  take({ setCookies }: Pick<Received, 'setCookies'>): void {
    for (const setCookie of setCookies) this.#keep(setCookie)
  }

  /** A request whose response arrives before anything else happens. */
  async visit(path: string): Promise<Received> {
    const response = await this.send(path)
    this.take(response)
    if (response.status >= 400) throw new Error(`${path} was answered with ${response.status}: ${response.body}`)
    return response
  }

  /** What `/read` shows to the cookies of now. Nothing is kept of the response. */
  async shown(): Promise<Shown> {
    const { status, body } = await this.send('/read')
    if (status !== 200) throw new Error(`/read was answered with ${status}: ${body}`)
    return JSON.parse(body) as Shown
  }

  #keep(setCookie: string): void {
    const [pair = '', ...attributes] = setCookie.split(';').map((part) => part.trim())
    const equals = pair.indexOf('=')
    if (equals < 1) return
    const name = pair.slice(0, equals)
    if (attributes.some(hasPassed)) this.#jar.delete(name)
    else this.#jar.set(name, pair.slice(equals + 1))
  }
}

export async function received(response: IncomingMessage): Promise<Received> {
  const { statusCode = 0, headers } = response
  return { status: statusCode, setCookies: headers['set-cookie'] ?? [], body: await text(response) }
}

function hasPassed(attribute: string): boolean {
  const [name = '', value = ''] = attribute.split('=')
  if (name.toLowerCase() === 'max-age') return Number(value) <= 0
  return name.toLowerCase() === 'expires' && Date.parse(value) <= Date.now()
}
