// The tests start Redis servers of their own, so there has to be a program to start. Runs on Node 18 or later.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run, userEnvironment } from './bootstrap.mjs'

const servers = ['redis-server', 'valkey-server']
const wanted = 'Redis 7.0 or Valkey 7.2, or later'

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
  const present = process.env.LEEWAY_REDIS_SERVER || findServer()
  if (present) return checkVersion(present)
  const manager = managers.find(({ program }) => isOnPath(program))
  if (!manager) throw new Error(`The tests need redis-server or valkey-server on the PATH. Install ${wanted}.`)
  const sudo = manager.asUser || process.getuid?.() === 0 ? '' : 'sudo '
  const advice = `The tests need redis-server or valkey-server. Run: ${sudo}${manager.commands.join(` && ${sudo}`)}`
  if (sudo && spawnSync('sudo', ['-n', 'true']).status !== 0) throw new Error(advice)
  console.log(`Installing Redis for the tests (${manager.commands.at(-1)}) ...`)
  const runAsRoot = (command) => {
    const [program, ...args] = `${sudo && 'sudo -n '}${command}`.split(' ')
    return run(program, args, { quiet: true, env: { ...userEnvironment, DEBIAN_FRONTEND: 'noninteractive' } })
  }
  try {
    for (const command of manager.commands) await runAsRoot(command)
  } catch (error) {
    throw new Error(`${error.message}\n${advice}`)
  }
  // Debian's package starts a service, which nobody has asked for and the tests do not use.
  if (manager.program === 'apt-get' && existsSync('/run/systemd/system')) {
    await runAsRoot('systemctl disable --now redis-server').catch((error) => console.warn(error.message))
  }
  const installed = findServer()
  if (!installed) throw new Error(advice)
  checkVersion(installed)
}

function checkVersion(program) {
  const { stdout, error } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  if (error) throw new Error(`The tests cannot start ${program}: ${error.message}`)
  const version = /v=(\d+)\.\S+/.exec(stdout)
  if (!version) throw new Error(`The tests need ${wanted}; ${program} --version says: ${stdout}`)
  if (Number(version[1]) < 7) throw new Error(`The tests need ${wanted}; ${program} is ${version[0].slice(2)}.`)
}

function findServer() {
  return servers.find(isOnPath)
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
