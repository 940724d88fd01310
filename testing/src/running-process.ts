import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A child process, and the lines that it prints. */
export class RunningProcess {
  readonly child: ChildProcess
  readonly lines: string[] = []
  readonly #closed: Promise<unknown[]>
  #heard: (() => void)[] = []

  constructor(child: ChildProcess) {
    this.child = child
    this.#closed = once(child, 'close')
    if (child.stdout === null) throw new Error('the process has no stdout')
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.lines.push(line)
      for (const resolve of this.#heard.splice(0)) resolve()
    })
    child.on('close', () => {
      for (const resolve of this.#heard.splice(0)) resolve()
    })
  }

  /** Resolves once the process has printed so many lines. */
  async printed(count: number): Promise<void> {
    while (this.lines.length < count) {
      if (this.child.stdout?.destroyed) throw new Error(`the process ended after ${this.lines.length} lines`)
      await new Promise<void>((resolve) => this.#heard.push(resolve))
    }
  }

  /** Tells a process that waits for it to go on. */
  go(): void {
    this.child.stdin?.end('go\n')
  }

  /** Resolves with how it ended, an exit code or a signal, once everything that was printed has been read. */
  async ended(): Promise<number | string> {
    const [code, signal] = await this.#closed
    return (code ?? signal) as number | string
  }
}
