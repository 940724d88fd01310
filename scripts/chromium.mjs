// The tests look at the HTML reports and use the example in a browser. Runs on Node 18 or later.
import { spawnSync } from 'node:child_process'
import { provideProgram } from './system-programs.mjs'

const title = 'Chromium 120 or later'

/** Installs Chromium where there is none, or throws with the command to run. */
export async function provideChromium() {
  const { program } = await provideProgram({
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    variable: 'LEEWAY_CHROMIUM',
    title,
    commands: {
      'apt-get': ['apt-get update', 'apt-get install -y chromium'],
      dnf: ['dnf install -y chromium'],
      apk: ['apk add chromium'],
      pacman: ['pacman -Sy --noconfirm chromium'],
      zypper: ['zypper --non-interactive install chromium'],
    },
  })
  const { stdout, error } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  if (error) throw new Error(`The tests cannot start ${program}: ${error.message}`)
  const version = /Chrom\S* (\d+)\./.exec(stdout)
  if (!version) throw new Error(`The tests need ${title}; ${program} --version says: ${stdout}`)
  if (Number(version[1]) < 120) throw new Error(`The tests need ${title}; ${program} is ${stdout.trim()}.`)
}
