// What `npm start` and `npm test` need first. Runs on Node 18 or later, with nothing but npm at hand.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** The environment in which every part runs: the project's own Node and tools come first, whatever npm was started with. */
export const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_(config|package|lifecycle)_/i.test(name)),
)
environment.PATH = join(root, 'node_modules', '.bin') + delimiter + process.env.PATH

/** The environment of a user's own npm and Node, whose settings (a proxy's certificates, say) belong together. */
export const userEnvironment = {
  ...environment,
  PATH: process.env.PATH.split(delimiter)
    .filter((folder) => folder !== join(root, 'node_modules', '.bin'))
    .join(delimiter),
}

/** Installs the dependencies of the lockfile with the pinned pnpm, unless they are there already. */
export async function install() {
  if (isInstalled()) return
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  console.log(`Installing dependencies with ${packageManager} (Node 24 among them) ...`)
  await run('npx', ['--yes', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only'], {
    quiet: true,
    env: userEnvironment,
  })
}

/** Runs a command in the project's root; rejects if it does not exit with 0. With `quiet`, its output is shown only then. */
export function run(command, args, { quiet = false, env = environment } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      shell: process.platform === 'win32',
    })
    const output = []
    child.stdout?.on('data', (chunk) => output.push(chunk))
    child.stderr?.on('data', (chunk) => output.push(chunk))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) return resolve()
      process.stdout.write(Buffer.concat(output))
      reject(new Error(`${[command, ...args].join(' ')} ended with ${signal ?? code}`))
    })
  })
}

function isInstalled() {
  const wanted = join(root, 'pnpm-lock.yaml')
  const present = join(root, 'node_modules', '.pnpm', 'lock.yaml')
  return existsSync(present) && readFileSync(wanted, 'utf8') === readFileSync(present, 'utf8')
}
