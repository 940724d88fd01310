import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Round, type Route, Visitors } from './http-visitors.ts'

export interface Load extends Round {
  /** Of the server's process, with all of its threads. */
  readonly cpuMsPerRequest: number
}

export interface Measured extends Load {
  readonly name: string
  readonly route: Route
  readonly round: number
}

/** A contender's server process and its visitors. */
export class Served {
  readonly name: string
  readonly #child: ChildProcess
  readonly #visitors: Visitors

  private constructor(name: string, child: ChildProcess, visitors: Visitors) {
    this.name = name
    this.#child = child
    this.#visitors = visitors
  }

  static async start(name: string, where: readonly string[], connections: number): Promise<Served> {
    const child = fork(fileURLToPath(new URL('./http-server.ts', import.meta.url)), [name, ...where], {
      execArgv: ['--conditions=@leeway/source'],
      env: { ...process.env, NODE_ENV: 'production' },
    })
    const { port } = await answer<{ port: number }>(name, child)
    return new Served(name, child, await Visitors.come(`http://127.0.0.1:${port}/`, connections))
  }

  async load(route: Route, seconds: number): Promise<Load> {
    const before = await this.#cpuMs()
    const round = await this.#visitors.load(route, seconds)
    const cpuMs = (await this.#cpuMs()) - before
    return { ...round, cpuMsPerRequest: cpuMs / round.acknowledged }
  }

  stop(): void {
    this.#child.kill()
  }

  async #cpuMs(): Promise<number> {
    this.#child.send('cpu')
    return (await answer<{ cpuMs: number }>(this.name, this.#child)).cpuMs
  }
}

/** The child's next message. @throws where it ends instead */
async function answer<Message>(name: string, child: ChildProcess): Promise<Message> {
  const ended = new AbortController()
  const exited = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`${name} ended with ${code}`)
  })
  try {
    const [message] = await Promise.race([once(child, 'message', { signal: ended.signal }), exited])
    return message
  } finally {
    ended.abort()
    exited.catch(() => {})
  }
}
