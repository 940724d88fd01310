import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { environment, userEnvironment } from '../scripts/bootstrap.mjs'
import { freePort, get, recipes, root } from './documents.ts'
import { runIn } from './npm.ts'

const home = join(root, 'checks', 'frameworks')
const STORES = ['core', 'file', 'sqlite', 'redis']

/** The lines of a recipe that another store takes: where it comes from, and how it is made. */
const OTHER_STORES = {
  file: ["import { fileStore } from '@leeway/file'", "fileStore({ directory: 'kept' })"],
  SQLite: ["import { sqliteStore } from '@leeway/sqlite'", "sqliteStore({ path: 'kept.db' })"],
  Redis: [
    "import process from 'node:process'\nimport { redisStore } from '@leeway/redis'\nimport { Redis } from 'ioredis'",
    "redisStore({ client: new Redis(process.env.REDIS_URL ?? '') })",
  ],
} as const

export type StoreName = 'memory' | keyof typeof OTHER_STORES

export interface FrameworkApp {
  /** A folder in `frameworks/`: what the recipes need around them. */
  readonly folder: string
  readonly recipes: readonly string[]
  readonly store: StoreName
  /** What makes it ready, each an installed command with its arguments. */
  readonly prepare?: readonly (readonly string[])[]
  serve(port: number): readonly string[]
}

/** The frameworks themselves, with our tarballs beside them; they stay for the next run. */
export async function installFrameworks(tarballs: readonly string[]): Promise<void> {
  const changedAt = (file: string) => statSync(join(home, file), { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (changedAt('node_modules/.package-lock.json') < changedAt('package-lock.json')) {
    // better-sqlite3 brings its binaries, and npm would compile it all the same; Bun takes its binary from a dependency.
    for (const args of [
      ['ci', '--no-audit', '--no-fund', '--ignore-scripts'],
      ['rebuild', 'bun'],
    ]) {
      const { status, output } = await runIn(home, 'npm', args, userEnvironment)
      if (status !== 0) throw new Error(output)
    }
  }
  for (const name of STORES) {
    const tarball = tarballs.find((path) => path.includes(`leeway-${name}-`))
    const folder = join(home, 'node_modules', '@leeway', name)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const { status, output } = await runIn(home, 'tar', ['xzf', `${tarball}`, '-C', folder, '--strip-components=1'])
    if (status !== 0) throw new Error(output)
  }
}

/** Where the apps of one run are, below the frameworks. */
export function appsDirectory(): string {
  return mkdtempSync(join(home, '.apps-'))
}

/** An app with its recipes, as they stand in the document but for another store. */
export function written(app: FrameworkApp, directory: string): string {
  const folder = mkdtempSync(join(directory, `${app.folder}-`))
  cpSync(join(home, app.folder), folder, { recursive: true })
  const known = recipes()
  for (const path of app.recipes) {
    const code = known[path]
    if (code === undefined) throw new Error(`docs/fetch.md has no recipe for ${path}`)
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), path === 'sessions.ts' ? on(app.store, code) : code)
  }
  return folder
}

function on(store: StoreName, code: string): string {
  if (store === 'memory') return code
  const [imports, made] = OTHER_STORES[store]
  const changed = code.replace(/^import \{ memoryStore \}.*$/m, imports).replace('memoryStore()', made)
  if (changed.includes('memoryStore')) throw new Error(`the recipe's memoryStore cannot be replaced:\n${code}`)
  return changed
}

/** Runs an installed command in an app's folder, and resolves with what it has printed. */
export async function runInstalled(folder: string, [command = '', ...args]: readonly string[]): Promise<string> {
  const { status, output } = await runIn(folder, installed(command), args, { NEXT_TELEMETRY_DISABLED: '1' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${output}`)
  return output
}

/** A server that answers, until it is disposed of. */
export async function serving(
  app: FrameworkApp,
  folder: string,
  env: Record<string, string>,
): Promise<AsyncDisposable & { readonly url: string }> {
  const port = await freePort()
  const [command = '', ...args] = app.serve(port)
  const child = spawn(installed(command), args, {
    cwd: folder,
    env: { ...environment, NEXT_TELEMETRY_DISABLED: '1', HOST: '127.0.0.1', PORT: String(port), ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  })
  const url = `http://127.0.0.1:${port}`
  try {
    await get(`${url}/plain`)
  } catch (error) {
    await stop(child)
    throw error
  }
  return { url, [Symbol.asyncDispose]: () => stop(child) }
}

/** Ends it with all that it has started. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return
  const ended = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await ended
}

function installed(command: string): string {
  return command === 'node' ? command : join(home, 'node_modules', '.bin', command)
}
