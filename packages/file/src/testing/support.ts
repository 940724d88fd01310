import { type SpawnOptions, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RunningProcess } from '@leeway/testing/running-process'
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
