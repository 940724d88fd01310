import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { environment, userEnvironment } from '../scripts/bootstrap.mjs'

/** Plain npm, in a folder that has a package.json. */
export async function npmInstall(folder: string, ...packages: readonly string[]): Promise<void> {
  const args = ['install', '--no-audit', '--no-fund', ...packages]
  const { status, output } = await runIn(folder, 'npm', args, userEnvironment)
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${status}:\n${output}`)
}

interface Ended {
  readonly status: number
  readonly output: string
}

/** A command of a user's, on the project's own Node: its exit code and all that it printed. */
export async function runIn(folder: string, command: string, args: readonly string[], env = {}): Promise<Ended> {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...environment, NO_COLOR: '1', FORCE_COLOR: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 240_000,
  })
  const parts: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => parts.push(part))
  const [status] = await once(child, 'close')
  const output = parts.join('')
  if (status === null) throw new Error(`${command} ${args.join(' ')} did not end:\n${output}`)
  return { status, output }
}
