import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { spawnGuarded } from './guarded-process.ts'
import { until } from './until.ts'

function scratch(): { directory: string; log: string } {
  const directory = mkdtempSync(join(tmpdir(), 'leeway-guarded-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return { directory, log: join(directory, 'log') }
}

it('is the program that was asked for, and what it prints is in the log', async () => {
  const { directory, log } = scratch()
  const program = 'console.log(process.pid); console.error(process.argv.at(-1)); process.exitCode = 7'
  const child = spawnGuarded(process.execPath, ['-e', program, "it's $HOME"], directory, log)
  const [code] = await once(child, 'exit')
  expect([code, readFileSync(log, 'utf8')]).toEqual([7, `${child.pid}\nit's $HOME\n`])
})

it('leaves its directory when it ends, and no guardian', async () => {
  const { directory, log } = scratch()
  const child = spawnGuarded('true', [], directory, log)
  // Only once the guardian has let go of its pipe as well.
  await once(child, 'close')
  expect(existsSync(directory)).toBe(true)
})

it('is killed when the pipe to its guardian closes, and its directory goes', async () => {
  const { directory, log } = scratch()
  const child = spawnGuarded('sleep', ['1000'], directory, log)
  child.stdio[3]?.destroy()
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
  await until('its directory is gone', () => !existsSync(directory))
})
