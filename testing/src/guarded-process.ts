import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Writable } from 'node:stream'

/**
 * Runs as the program's parent shell for a moment: it leaves a guardian behind and becomes the program, which so keeps
 * its process id. The guardian waits for a line, which says that the program has ended. When its pipe closes without
 * one, whoever started the program is gone.
 */
const GUARDED = `
( ( read -r ended <&3 || { kill -KILL $$; rm -rf -- "$0"; } ) & )
exec "$@" 3<&-`

/**
 * Starts a program that ends when this process ends, however it ends, and whose directory goes with it then. What it
 * prints is appended to `log`. A Ctrl-C does not reach it.
 */
export function spawnGuarded(command: string, args: readonly string[], directory: string, log: string): ChildProcess {
  const output = openSync(log, 'a')
  const child = spawn('sh', ['-c', GUARDED, directory, command, ...args], {
    detached: true,
    stdio: ['ignore', output, output, 'pipe'],
  })
  closeSync(output)
  const guardian = child.stdio[3] as Writable
  // The guardian may be gone before the line is written.
  guardian.on('error', () => {})
  child.on('exit', () => guardian.end('ended\n'))
  return child
}
