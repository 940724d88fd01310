// The tests start Redis servers of their own, so there has to be a program to start. Runs on Node 18 or later.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { provideProgram } from './system-programs.mjs'

const title = 'Redis 7.0 or Valkey 7.2, or later'

/** Installs a server where there is none, or throws with the command to run. */
export async function provideRedis() {
  const { program, manager, runAsRoot } = await provideProgram({
    names: ['redis-server', 'valkey-server'],
    variable: 'LEEWAY_REDIS_SERVER',
    title,
    commands: {
      'apt-get': ['apt-get update', 'apt-get install -y redis-server'],
      dnf: ['dnf install -y valkey'],
      apk: ['apk add redis'],
      pacman: ['pacman -Sy --noconfirm valkey'],
      zypper: ['zypper --non-interactive install redis'],
      brew: ['brew install redis'],
    },
  })
  // Debian's package starts a service, which nobody has asked for and the tests do not use.
  if (manager === 'apt-get' && existsSync('/run/systemd/system')) {
    await runAsRoot('systemctl disable --now redis-server').catch((error) => console.warn(error.message))
  }
  checkVersion(program)
}

function checkVersion(program) {
  const { stdout, error } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  if (error) throw new Error(`The tests cannot start ${program}: ${error.message}`)
  const version = /v=(\d+)\.\S+/.exec(stdout)
  if (!version) throw new Error(`The tests need ${title}; ${program} --version says: ${stdout}`)
  if (Number(version[1]) < 7) throw new Error(`The tests need ${title}; ${program} is ${version[0].slice(2)}.`)
}
