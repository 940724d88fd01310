import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A directory of its own, removed after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'leeway-file-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Runs a module of this folder in a process of its own. */
export function runProcess(module: string, args: readonly string[], options: SpawnOptions = {}): RunningProcess {
  return watchProcess(process.execPath, ['--conditions=@leeway/source', pathOf(module), ...args], options)
}

/** The path of a module of this folder. */
export function pathOf(module: string): string {
  return fileURLToPath(new URL(module, import.meta.url))
}

export function watchProcess(command: string, args: readonly string[], options: SpawnOptions = {}): RunningProcess {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], ...options })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return new RunningProcess(child)
}

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
