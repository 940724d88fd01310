import { type SpawnOptions, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RunningProcess } from '@leeway/testing/running-process'
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
