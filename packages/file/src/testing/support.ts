import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ListedSession, SessionStore, StoredSession } from '@leeway/core/adapter'
import { onTestFinished } from 'vitest'

/** A directory of its own, removed after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'leeway-file-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
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

/** Everything below a directory, by its path from there, in order. */
export function tree(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()
}

/** Makes everything below a directory an hour old, as it would be if what left it had crashed then. */
export function age(directory: string): void {
  const anHourAgo = Date.now() / 1000 - 3600
  for (const path of [directory, ...tree(directory).map((path) => join(directory, path))]) {
    utimesSync(path, anHourAgo, anHourAgo)
  }
}

/** What a store lists, page by page, in the order of the ids. */
export async function listed(store: SessionStore, owner?: string): Promise<ListedSession[]> {
  const found = new Map<string, ListedSession>()
  let cursor: string | undefined
  do {
    const page = await store.list?.({ owner, limit: 2, cursor })
    for (const session of page?.sessions ?? []) found.set(session.id, session)
    cursor = page?.cursor
  } while (cursor !== undefined)
  return [...found.values()].sort((one, other) => (one.id < other.id ? -1 : 1))
}

/** Sweeps to the end. */
export async function sweepAll(store: SessionStore, cutoff: number): Promise<{ removed: number; examined: number }> {
  const count = { removed: 0, examined: 0 }
  let cursor: string | undefined
  do {
    const result = await store.sweep({ cutoff, limit: 100, budgetMs: 10_000, cursor })
    count.removed += result.removed
    count.examined += result.examined
    cursor = result.cursor
  } while (cursor !== undefined)
  return count
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
