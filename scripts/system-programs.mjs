// Programs of the system that the tests start: a Redis server and Chromium. Runs on Node 18 or later.
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run, userEnvironment } from './bootstrap.mjs'

/** In this order: the first one that is there and has the program is used. */
const managers = ['apt-get', 'dnf', 'apk', 'pacman', 'zypper', 'brew']

/**
 * Finds a program, or installs it with the system's package manager, or throws with the command to run. Resolves with
 * its path or name, and with the package manager that has just installed it, if one had to.
 *
 * @param {object} wanted
 * @param {string[]} wanted.names programs of which one has to be on the PATH
 * @param {string} wanted.variable the environment variable that names another program
 * @param {string} wanted.title what it is called in messages, with the versions that are good
 * @param {Record<string, string[]>} wanted.commands what each package manager takes, one after the other
 */
export async function provideProgram({ names, variable, title, commands }) {
  const present = process.env[variable] || names.find(isOnPath)
  if (present) return { program: present }
  const need = `The tests need ${new Intl.ListFormat('en', { type: 'disjunction' }).format(names)}`
  const manager = managers.find((name) => commands[name] && isOnPath(name))
  if (!manager) throw new Error(`${need} on the PATH. Install ${title}, or name one with ${variable}.`)
  const sudo = manager === 'brew' || process.getuid?.() === 0 ? '' : 'sudo '
  const advice = `${need}. Run: ${sudo}${commands[manager].join(` && ${sudo}`)}`
  if (sudo && spawnSync('sudo', ['-n', 'true']).status !== 0) throw new Error(advice)
  console.log(`Installing ${title} for the tests (${commands[manager].at(-1)}) ...`)
  const runAsRoot = (command) => {
    const [program, ...args] = `${sudo && 'sudo -n '}${command}`.split(' ')
    return run(program, args, { quiet: true, env: { ...userEnvironment, DEBIAN_FRONTEND: 'noninteractive' } })
  }
  try {
    for (const command of commands[manager]) await runAsRoot(command)
  } catch (error) {
    throw new Error(`${error.message}\n${advice}`)
  }
  const installed = names.find(isOnPath)
  if (!installed) throw new Error(advice)
  return { program: installed, manager, runAsRoot }
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
