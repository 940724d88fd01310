import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { configuration } from './configuration.ts'
import { spawnGuarded } from './guarded-process.ts'
import { isStopped } from './process-state.ts'
import { until } from './until.ts'

/** How a server is started: `args` are lines of its configuration file, `flags` come after the file. */
export interface ServerSettings {
  readonly binary: string
  readonly port: number
  readonly args: readonly string[]
  readonly flags?: readonly string[]
}

/** A server of one's own, which ends with the process that started it at the latest. */
export class RedisServer {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly directory = mkdtempSync(join(tmpdir(), 'leeway-redis-'))
  readonly #binary: string
  readonly #processArgs: readonly string[]
  readonly #log = join(this.directory, 'server.log')
  #child: ChildProcess | undefined
  #admin: Redis | undefined
  #isPaused = false
  #kind: 'redis' | 'valkey' = 'redis'
  #version = ''

  /** Starts nothing yet. */
  constructor({ binary, port, args, flags = [] }: ServerSettings) {
    this.#binary = binary
    this.port = port
    const file = join(this.directory, 'server.conf')
    writeFileSync(file, configuration(['--bind', this.host, '--port', String(port), '--dir', this.directory, ...args]))
    this.#processArgs = [file, ...flags]
  }

  get url(): string {
    return `redis://${this.address}`
  }

  get address(): string {
    return `${this.host}:${this.port}`
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the server is not running')
    return this.#child.pid
  }

  /** Which of the two it says it is. */
  get kind(): 'redis' | 'valkey' {
    return this.#kind
  }

  /** Such as `7.0.15`. */
  get version(): string {
    return this.#version
  }

  get isRunning(): boolean {
    const child = this.#child
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null
  }

  /** That it runs and has not been paused. */
  get isAwake(): boolean {
    return this.isRunning && !this.#isPaused
  }

  /** Starts the process, again after `kill`, with the same port and directory. Resolves once it answers and has loaded. */
  async start(): Promise<void> {
    const child = spawnGuarded(this.#binary, this.#processArgs, this.directory, this.#log)
    child.on('error', () => {})
    child.on('exit', () => this.#disconnect())
    this.#child = child
    this.#isPaused = false
    await until(`${this.#binary} answers`, () => {
      if (!this.isRunning) throw new Error(`${this.#binary} has ended: ${this.#lastWords()}`)
      return this.#answers().catch(() => false)
    })
  }

  /**
   * Sends a command over a connection of the server's own. It is sent once more where the server runs on but has closed
   * its connections, as it does when a Sentinel gives it another role.
   * @throws where the server is not running, or has ended
   */
  async command(...args: (string | number)[]): Promise<unknown> {
    const child = this.#child
    try {
      return await this.#send(args)
    } catch (error) {
      const isLost = error instanceof Error && error.message === 'Connection is closed.'
      if (isLost && this.isRunning && this.#child === child) return this.#send(args)
      throw error
    }
  }

  /** Ends the process, paused or not, with nothing saved unless the signal lets it. Resolves when it has ended. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child || !this.isRunning) return
    const ended = once(child, 'exit')
    child.kill(signal)
    child.kill('SIGCONT')
    await ended
  }

  /** Ends the process and starts it again, with the same port and directory. */
  async restart(signal?: NodeJS.Signals): Promise<void> {
    await this.kill(signal)
    await this.start()
  }

  /** The process stands still: it holds its connections and answers nothing. Resolves when it does. */
  async pause(): Promise<void> {
    this.#isPaused = true
    const { pid } = this
    process.kill(pid, 'SIGSTOP')
    await until('the server stands still', () => isStopped(pid))
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
    this.#isPaused = false
  }

  /** Ends the process and removes its directory. May be called twice. */
  async stop(): Promise<void> {
    await this.kill()
    this.#disconnect()
    rmSync(this.directory, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** Somebody else's server may have taken the port: only the process that was started counts. */
  async #answers(): Promise<boolean> {
    const info = String(await this.command('INFO', 'server'))
    const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1]
    if (Number(field('process_id')) !== this.#child?.pid) return false
    this.#kind = field('valkey_version') ? 'valkey' : 'redis'
    this.#version = field('valkey_version') ?? field('redis_version') ?? ''
    return (await this.command('PING')) === 'PONG'
  }

  async #send([name, ...rest]: (string | number)[]): Promise<unknown> {
    if (!this.isRunning) throw new Error(`the server on ${this.address} is not running`)
    if (this.#admin === undefined || this.#admin.status === 'end') this.#admin = connect(this.host, this.port)
    return this.#admin.call(String(name), ...rest)
  }

  #disconnect(): void {
    this.#admin?.disconnect()
    this.#admin = undefined
  }

  #lastWords(): string {
    return readFileSync(this.#log, 'utf8').slice(-2_000) || 'it has printed nothing'
  }
}

/** Lives as long as its server's process: a command that it cannot answer any more fails at once. */
function connect(host: string, port: number): Redis {
  const admin = new Redis(port, host, { retryStrategy: () => null, enableReadyCheck: false })
  admin.on('error', () => {})
  return admin
}
