import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A child process of the races, and its messages in order. */
export class Child<Message> {
  readonly #process: ChildProcess
  readonly #unread: Message[] = []
  #wake = (): void => {}
  #ended: Error | undefined

  constructor(module: string, args: readonly string[]) {
    this.#process = fork(fileURLToPath(new URL(module, import.meta.url)), args, {
      execArgv: ['--conditions=@leeway/source'],
    })
    this.#process.on('message', (message) => {
      this.#unread.push(message as Message)
      this.#wake()
    })
    this.#process.on('exit', (code, signal) => {
      this.#ended = new Error(`${module} ended with ${signal ?? code}`)
      this.#wake()
    })
  }

  send(message: object): void {
    this.#process.send(message)
  }

  /** The next message that passes; those before it are dropped. Rejects if the process ends first. */
  async next(passes: (message: Message) => boolean = () => true): Promise<Message> {
    for (;;) {
      const message = this.#unread.shift()
      if (message !== undefined) {
        if (passes(message)) return message
        continue
      }
      if (this.#ended) throw this.#ended
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Resolves with the exit code. */
  get exited(): Promise<number | null> {
    const { exitCode } = this.#process
    if (exitCode !== null) return Promise.resolve(exitCode)
    return new Promise((resolve) => this.#process.once('exit', resolve))
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }
}
