// The tests start Redis servers of their own, so there has to be a program to start. Runs on Node 18 or later.
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run, userEnvironment } from './bootstrap.mjs'

/** How each system's package manager installs a server; the first that is there is used. */
const managers = [
  { program: 'apt-get', commands: ['apt-get update', 'apt-get install -y redis-server'] },
  { program: 'dnf', commands: ['dnf install -y valkey'] },
  { program: 'apk', commands: ['apk add redis'] },
  { program: 'pacman', commands: ['pacman -Sy --noconfirm valkey'] },
  { program: 'zypper', commands: ['zypper --non-interactive install redis'] },
  { program: 'brew', commands: ['brew install redis'], asUser: true },
]

/** Installs a server where there is none, or throws with the command to run. */
export async function provideRedis() {
  if (isThere()) return
  const manager = managers.find(({ program }) => isOnPath(program))
  if (!manager) {
    throw new Error(
      'The tests need redis-server or valkey-server on the PATH. Install Redis 7.0 or Valkey 7.2, or later.',
    )
  }
  const sudo = manager.asUser || process.getuid?.() === 0 ? '' : 'sudo '
  const advice = `The tests need redis-server or valkey-server. Run: ${sudo}${manager.commands.join(` && ${sudo}`)}`
  if (sudo && spawnSync('sudo', ['-n', 'true']).status !== 0) throw new Error(advice)
  console.log(`Installing Redis for the tests (${manager.commands.at(-1)}) ...`)
  try {
    for (const command of manager.commands) {
      const [program, ...args] = `${sudo && 'sudo -n '}${command}`.split(' ')
      // With a run level of 1 Debian's package starts no service: the tests start servers of their own.
      const env = { ...userEnvironment, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
      await run(program, args, { quiet: true, env })
    }
  } catch (error) {
    throw new Error(`${error.message}\n${advice}`)
  }
  if (!isThere()) throw new Error(advice)
}

function isThere() {
  return Boolean(process.env.LEEWAY_REDIS_SERVER) || isOnPath('redis-server') || isOnPath('valkey-server')
}

function isOnPath(program) {
  return process.env.PATH.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
