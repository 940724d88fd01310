import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach } from 'vitest'

const program = fileURLToPath(new URL('./server.ts', import.meta.url))

/** The server program in a process of its own, and what it says. */
export class ServerProcess {
  readonly child: ChildProcess
  readonly told: string[] = []
  /** The line that it prints once it listens. */
  readonly #listening: Promise<string>

  constructor(environment: NodeJS.ProcessEnv) {
    this.child = spawn('node', ['--conditions=@leeway/source', program], {
      env: { ...process.env, PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const { stdout, stderr } = this.child
    if (!stdout || !stderr) throw new Error('the process has pipes')
    createInterface({ input: stderr }).on('line', (line) => this.told.push(line))
    const ended = this.ended.then((how) => {
      throw new Error(`the server ended with ${how} before it listened: ${this.told.join('\n')}`)
    })
    this.#listening = Promise.race([once(createInterface({ input: stdout }), 'line').then(([line]) => line), ended])
    // Whoever waits for it hears of it.
    this.#listening.catch(() => {})
  }

  get line(): Promise<string> {
    return this.#listening
  }

  /** Resolves once it listens. */
  async url(): Promise<URL> {
    return new URL(/http:\/\/\S+/.exec(await this.#listening)?.[0] ?? '')
  }

  /** Resolves with how it ended, once all that it said has been read. */
  get ended(): Promise<number | string> {
    return once(this.child, 'close').then(([code, signal]) => code ?? signal)
  }

  /** Signals it; resolves with how it ended. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    const { ended } = this
    this.child.kill(signal)
    return ended
  }
}

/** Starts servers, and ends what is left of them after each test, or as `after` says. */
export function serverProcesses(after: (end: () => void) => void = afterEach) {
  const started: ServerProcess[] = []
  after(() => {
    for (const { child } of started.splice(0)) child.kill('SIGKILL')
  })
  return (environment: NodeJS.ProcessEnv): ServerProcess => {
    const server = new ServerProcess(environment)
    started.push(server)
    return server
  }
}
