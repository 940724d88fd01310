import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A request as it goes over the wire: header values may hold what no HTTP library would send. */
export interface RawRequest {
  readonly method?: 'GET' | 'POST'
  readonly path: string
  /** Of the `Cookie` header; each character is one byte. */
  readonly cookie?: string | undefined
  /** Sent as JSON. */
  readonly body?: unknown
}

export interface RawResponse {
  /** 0 where the connection was closed in place of an answer. */
  readonly status: number
  /** Names and values as they came, each line of the head one. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
  /** Every byte of the head, as Latin-1. */
  readonly head: string
}

/** One connection that is kept, to see exactly what bytes go out and come in. */
export class RawClient {
  readonly #port: number
  #socket: Socket | undefined
  #received = ''
  #heard: () => void = () => {}

  constructor(port: number) {
    this.#port = port
  }

  async send({ method = 'GET', path, cookie, body }: RawRequest): Promise<RawResponse> {
    const content = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    const head = [
      `${body === undefined ? method : 'POST'} ${path} HTTP/1.1`,
      'Host: 127.0.0.1',
      ...(cookie === undefined ? [] : [`Cookie: ${cookie}`]),
      ...(body === undefined ? [] : ['Content-Type: application/json']),
      `Content-Length: ${Buffer.byteLength(content)}`,
    ]
    const socket = await this.#connected()
    socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(content)]))
    const response = await this.#response(socket)
    // Not every server says so where it closes the connection after a refusal.
    if (response.status >= 400 || valuesOf(response, 'Connection').includes('close')) socket.destroy()
    return response
  }

  [Symbol.dispose](): void {
    this.#socket?.destroy()
  }

  async #connected(): Promise<Socket> {
    if (this.#socket?.readable && this.#socket.writable) return this.#socket
    const socket = connect(this.#port, '127.0.0.1').setEncoding('latin1').setNoDelay()
    // Servers that refuse a request close the connection, often before all of it has been written.
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      this.#received += String(chunk)
      this.#heard()
    })
    socket.on('close', () => this.#heard())
    this.#received = ''
    this.#socket = socket
    await once(socket, 'connect')
    return socket
  }

  async #response(socket: Socket): Promise<RawResponse> {
    for (;;) {
      const response = this.#whole(socket)
      if (response) return response
      if (!socket.readable) return { status: 0, headers: [], body: '', head: this.#received }
      await new Promise<void>((resolve) => {
        this.#heard = resolve
      })
    }
  }

  /** The response, once all of it is there. */
  #whole(socket: Socket): RawResponse | undefined {
    const end = this.#received.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const head = this.#received.slice(0, end)
    const [statusLine = '', ...lines] = head.split('\r\n')
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    })
    const after = this.#received.slice(end + 4)
    const content = contentOf(headers, after, !socket.readable)
    if (!content) return undefined
    this.#received = after.slice(content.size)
    const body = Buffer.from(content.text, 'latin1').toString()
    return { status: Number(statusLine.split(' ')[1]), headers, body, head }
  }
}

type Headers = RawResponse['headers']

/** The body, once all of it is there, and how much of what came after the head it takes. */
function contentOf(headers: Headers, after: string, hasEnded: boolean): { text: string; size: number } | undefined {
  if (valuesOf({ headers }, 'Transfer-Encoding').includes('chunked')) return chunksOf(after)
  const [length] = valuesOf({ headers }, 'Content-Length')
  // A refusal without a length ends with the connection.
  if (length === undefined) return hasEnded ? { text: after, size: after.length } : undefined
  const size = Number(length)
  return after.length < size ? undefined : { text: after.slice(0, size), size }
}

function chunksOf(after: string): { text: string; size: number } | undefined {
  let text = ''
  for (let at = 0; ; ) {
    const line = after.indexOf('\r\n', at)
    const size = line < 0 ? Number.NaN : Number.parseInt(after.slice(at, line), 16)
    const end = line + 2 + size
    if (!(after.length >= end + 2)) return undefined
    if (size === 0) return { text, size: end + 2 }
    text += after.slice(line + 2, end)
    at = end + 2
  }
}

export function valuesOf({ headers }: Pick<RawResponse, 'headers'>, name: string): string[] {
  return headers.filter(([one]) => one.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
}

/** The one cookie that a response sets, as it would be sent back. */
export function cookieOf(response: Pick<RawResponse, 'headers'>): string {
  const [first, ...others] = valuesOf(response, 'Set-Cookie')
  if (first === undefined || others.length > 0)
    throw new Error(`${others.length + Number(first !== undefined)} cookies`)
  return first.split(';')[0] ?? ''
}

/** Sends many requests over a few connections, and gives the responses in the order of the requests. */
export async function sendAll(port: number, requests: readonly RawRequest[], connections = 8): Promise<RawResponse[]> {
  const responses: RawResponse[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: connections }, async () => {
      using client = new RawClient(port)
      for (let i = next++; i < requests.length; i = next++) {
        const request = requests[i]
        if (request) responses[i] = await client.send(request)
      }
    }),
  )
  return responses
}
