import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly body: unknown
  /** `name=value`, where one was set. */
  readonly cookie: string | undefined
}

export interface Sent {
  readonly path: string
  readonly body?: object
  readonly cookie?: string | undefined
  readonly keepAlive: boolean
}

/** Spreads requests over the servers that are up, as a load balancer would, in turn. */
export class Balancer {
  /** Requests that a server did not take, and another one answered. */
  readonly repeated = { refused: 0, reset: 0 }
  readonly #agents = [new Agent({ keepAlive: false }), new Agent({ keepAlive: true })] as const
  #ports: string[] = []
  #turn = 0

  add({ port }: URL): void {
    this.#ports.push(port)
  }

  /**
   * A POST that a server did not take goes to another one. To send a visit twice would count it twice, so this has to
   * be safe. It is where the connection was refused. It is, too, where the connection ended before one byte of an answer,
   * because of how these servers stop: told to, one answers every request that it has begun to read, and closes only
   * connections on which there is none (graceful-stop.ts). Of a server that crashes or cuts requests off, this would not
   * be known. A request that was carried out after all would show, as a visit more than were acknowledged.
   */
  async post(sent: Sent): Promise<Answer> {
    let avoided: string | undefined
    for (;;) {
      const port = this.#next(avoided)
      try {
        return await this.#send(port, sent)
      } catch (error) {
        if (!(error instanceof NotTaken)) throw error
        if (error.code === 'ECONNREFUSED') {
          this.repeated.refused++
          this.#ports = this.#ports.filter((up) => up !== port)
        } else this.repeated.reset++
        avoided = port
      }
    }
  }

  close(): void {
    for (const agent of this.#agents) agent.destroy()
  }

  #next(avoided: string | undefined): string {
    const ports = this.#ports.filter((up) => up !== avoided)
    const port = ports[this.#turn++ % ports.length]
    if (port === undefined) throw new Error('no server is up')
    return port
  }

  async #send(port: string, { path, body = {}, cookie = '', keepAlive }: Sent): Promise<Answer> {
    const headers = { 'content-type': 'application/json', cookie }
    const agent = this.#agents[keepAlive ? 1 : 0]
    const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent })
    outgoing.end(JSON.stringify(body))
    const response = await answerOf(outgoing)
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += chunk
    const set = response.headers['set-cookie']?.[0]?.split(';')[0]
    return { status: response.statusCode ?? 0, body: JSON.parse(text), cookie: set }
  }
}

/** The connection was refused, or ended before a byte of an answer. */
class NotTaken extends Error {
  readonly code: string | undefined

  constructor(cause: NodeJS.ErrnoException) {
    super(cause.message, { cause })
    this.code = cause.code
  }
}

function answerOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  let received = () => 0
  outgoing.on('socket', (socket) => {
    const before = socket.bytesRead
    received = () => socket.bytesRead - before
  })
  return new Promise((resolve, reject) => {
    outgoing.on('response', resolve)
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const isConnection = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(error.code ?? '')
      reject(isConnection && received() === 0 ? new NotTaken(error) : error)
    })
  })
}
