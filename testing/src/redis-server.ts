import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from './free-port.ts'
import { serverBinary } from './server-binary.ts'
import { until } from './until.ts'

export interface ServerOptions {
  /** Default `no`: everything is in memory and goes with the process. */
  readonly appendonly?: 'no' | 'everysec' | 'always'
  /** More of the server's own arguments, such as `['--maxmemory', '10mb']`. */
  readonly args?: readonly string[]
  /** Default: the one that `LEEWAY_REDIS_SERVER` names, or the first on the `PATH`. */
  readonly binary?: string
}

/** How often another port is tried where somebody took the one that was free. */
const ATTEMPTS = 5

/** Starts a server of its own on a free loopback port, in a directory of its own. It answers once this resolves. */
export async function startRedis(options: ServerOptions = {}): Promise<RedisServer> {
  const { appendonly = 'no', args = [], binary = serverBinary() } = options
  const persistence =
    appendonly === 'no' ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', appendonly]
  return launch(binary, (port) => ['--port', String(port), '--save', '', ...persistence, ...args])
}

/** @param argsFor the server's arguments, given its port and its directory */
export async function launch(
  binary: string,
  argsFor: (port: number, directory: string) => string[],
): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const server = new RedisServer(binary, port, argsFor)
    try {
      await server.start()
      return server
    } catch (error) {
      await server.stop()
      if (attempt === ATTEMPTS || !(error as Error).message.includes('Address already in use')) throw error
    }
  }
}

export class RedisServer {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly directory = mkdtempSync(join(tmpdir(), 'leeway-redis-'))
  readonly #binary: string
  readonly #args: readonly string[]
  #child: ChildProcess | undefined
  #guardian: ChildProcess | undefined
  #admin: Redis | undefined

  constructor(binary: string, port: number, argsFor: (port: number, directory: string) => string[]) {
    this.#binary = binary
    this.port = port
    this.#args = argsFor(port, this.directory)
  }

  get url(): string {
    return `redis://${this.host}:${this.port}`
  }

  get address(): string {
    return `${this.host}:${this.port}`
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the server is not running')
    return this.#child.pid
  }

  /** `Redis 7.0.15` or `Valkey 8.0.1`, as it says itself. */
  async version(): Promise<string> {
    const info = String(await this.command('INFO', 'server'))
    const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1]
    return valkey ? `Valkey ${valkey}` : `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1]}`
  }

  /** Starts the process, again after `kill`, with the same port and directory. Resolves once it answers and has loaded. */
  async start(): Promise<void> {
    const log = join(this.directory, 'server.log')
    const args = ['--bind', this.host, '--protected-mode', 'no', '--dir', this.directory, '--logfile', log]
    const child = spawn(this.#binary, [...this.#args, ...args], { stdio: 'ignore' })
    this.#child = child
    this.#guardian = guard(child)
    let failure: Error | undefined
    child.on('error', (error) => {
      failure = error
    })
    await until(`${this.#binary} answers`, async () => {
      if (failure) throw failure
      if (!this.isRunning) throw new Error(`the server has ended: ${read(log)}`)
      return this.#answers()
    })
  }

  /** Sends a command over a connection of the server's own, which comes back after a restart. */
  command(...args: (string | number)[]): Promise<unknown> {
    this.#admin ??= this.#connect()
    const [name, ...rest] = args
    return this.#admin.call(String(name), ...rest)
  }

  /** Ends the process, with nothing saved unless the signal lets it. Resolves when it has ended. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child || !this.isRunning) return
    const ended = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await ended
    this.#guardian?.kill('SIGKILL')
  }

  async restart(signal?: NodeJS.Signals): Promise<void> {
    await this.kill(signal)
    await this.start()
  }

  /** The process stands still: it holds its connections and answers nothing. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Ends the process and removes its directory. May be called twice. */
  async stop(): Promise<void> {
    this.#admin?.disconnect()
    this.#admin = undefined
    await this.kill()
    rmSync(this.directory, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #answers(): Promise<boolean> {
    const probe = new Redis(this.port, this.host, {
      retryStrategy: () => null,
      lazyConnect: true,
      enableReadyCheck: true,
    })
    probe.on('error', () => {})
    try {
      await probe.connect()
      return (await probe.ping()) === 'PONG'
    } catch {
      return false
    } finally {
      probe.disconnect()
    }
  }

  #connect(): Redis {
    const admin = new Redis(this.port, this.host, { retryStrategy: () => 20, maxRetriesPerRequest: null })
    admin.on('error', () => {})
    return admin
  }
}

/** Ends the server when this process ends, however it ends: then the pipe closes. */
function guard(server: ChildProcess): ChildProcess {
  const guardian = spawn('sh', ['-c', 'cat > /dev/null; kill -KILL "$0"', String(server.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guardian.unref()
  return guardian
}

function read(log: string): string {
  try {
    return readFileSync(log, 'utf8')
  } catch {
    return 'it wrote no log'
  }
}
