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
    return this.#response(socket)
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
      if (!socket.readable)
        throw new Error(`the connection ended after ${JSON.stringify(this.#received.slice(0, 200))}`)
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
    const length = headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1]
    const size = length === undefined ? undefined : Number(length)
    const after = this.#received.slice(end + 4)
    // A refusal without a length ends with the connection.
    if (size === undefined ? socket.readable : after.length < size) return undefined
    const body = Buffer.from(size === undefined ? after : after.slice(0, size), 'latin1').toString()
    this.#received = size === undefined ? '' : after.slice(size)
    return { status: Number(statusLine.split(' ')[1]), headers, body, head }
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
