import { execFileSync, spawnSync } from 'node:child_process'
import { environment, userEnvironment } from '../scripts/bootstrap.mjs'

/** Plain npm, in a folder that has a package.json. */
export function npmInstall(folder: string, ...packages: readonly string[]): void {
  const args = ['install', '--no-audit', '--no-fund', ...packages]
  execFileSync('npm', args, { cwd: folder, env: userEnvironment, stdio: 'pipe', timeout: 120_000 })
}

/** A command of a user's, on the project's own Node: its exit code and all that it printed. */
export function runIn(folder: string, command: string, ...args: readonly string[]): { status: number; output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    env: { ...environment, NO_COLOR: '1', FORCE_COLOR: undefined },
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (status === null) throw new Error(`${command} ${args.join(' ')} did not end:\n${stdout}${stderr}`)
  return { status, output: stdout + stderr }
}
