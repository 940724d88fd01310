import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { StoredSession } from '@leeway/core/adapter'
import { onTestFinished } from 'vitest'
import { type ResolvedOptions, resolveOptions, type SqliteStoreOptions } from '../lib/options.ts'

/** A database path in a directory of its own, removed after the test. */
export function temporaryPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'leeway-sqlite-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'sessions.db')
}

export function optionsFor(path: string, options: Partial<SqliteStoreOptions> = {}): ResolvedOptions {
  return resolveOptions({ ...options, path })
}

export function sessionId(name: string | number): string {
  return String(name).padStart(26, '0')
}

export function version(name: string | number): string {
  return String(name).padStart(16, '0')
}

export function record(name: string | number, fields: Partial<StoredSession> = {}): StoredSession {
  return {
    id: sessionId(name),
    version: version(1),
    payload: '{}',
    owner: null,
    expiresAt: 1_000,
    purgeAt: 2_000,
    ...fields,
  }
}

/** Runs a module of this folder in a process of its own. */
export function runProcess(module: string, args: readonly string[], options: SpawnOptions = {}): RunningProcess {
  const path = fileURLToPath(new URL(module, import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@leeway/source', path, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...options,
  })
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

  /** Resolves with the exit code once everything that was printed has been read. */
  async ended(): Promise<number | null> {
    const [code] = await this.#closed
    return code as number | null
  }
}
