import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverBinary } from '@leeway/testing'
import { describe, expect, it, onTestFinished } from 'vitest'

/** What a machine that has only these programs is told. */
function provide(what: 'Redis' | 'Chromium', programs: Record<string, string>, environment = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'leeway-path-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, path] of Object.entries(programs)) symlinkSync(path, join(folder, name))
  const script = new URL(`../scripts/${what.toLowerCase()}.mjs`, import.meta.url).href
  const program = `await (await import(${JSON.stringify(script)})).provide${what}().catch((error) => {
    console.log(error.message)
    process.exitCode = 1
  })`
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { PATH: folder, ...environment },
    encoding: 'utf8',
  })
  return { status, said: stdout.trim() }
}

/** A program that does and says what the shell script does. */
function shellProgram(lines: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'leeway-program-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'program')
  writeFileSync(path, `#!/bin/sh\n${lines}\n`, { mode: 0o755 })
  return path
}

describe('Redis for the tests', () => {
  it.each(['redis-server', 'valkey-server'])('is a %s on the PATH', (name) => {
    expect(provide('Redis', { [name]: serverBinary() })).toEqual({ status: 0, said: '' })
  })

  it('is asked for where there is neither a server nor a package manager', () => {
    const said =
      'The tests need redis-server or valkey-server on the PATH. Install Redis 7.0 or Valkey 7.2, or later, or name one with LEEWAY_REDIS_SERVER.'
    expect(provide('Redis', {})).toEqual({ status: 1, said })
  })

  it('is the server that LEEWAY_REDIS_SERVER names, and it is told when that cannot be started', () => {
    expect(provide('Redis', {}, { LEEWAY_REDIS_SERVER: serverBinary() })).toEqual({ status: 0, said: '' })
    const { status, said } = provide('Redis', {}, { LEEWAY_REDIS_SERVER: '/nowhere/redis-server' })
    expect([status, said]).toEqual([1, expect.stringContaining('The tests cannot start /nowhere/redis-server')])
  })

  it('is no other program of that name', () => {
    const { status, said } = provide('Redis', { 'redis-server': process.execPath })
    expect([status, said]).toEqual([1, expect.stringContaining('--version says: v')])
  })
})

describe('Chromium for the tests', () => {
  const names = ['chromium', 'chromium-browser', 'google-chrome']

  it.each(names)('is a %s on the PATH', (name) => {
    const browser = shellProgram('echo "Chromium 142.0.7444.59 built on Debian"')
    expect(provide('Chromium', { [name]: browser })).toEqual({ status: 0, said: '' })
  })

  it('is installed with the package manager of the system, or else the command to run is told', () => {
    const { status, said } = provide('Chromium', { 'apt-get': shellProgram('echo "no network"; exit 100') })
    expect(status).toBe(1)
    expect(said).toMatch(/^The tests need .*|Installing Chromium/)
    expect(said).toMatch(/Run: (sudo )?apt-get update && (sudo )?apt-get install -y chromium$/)
  })

  it('is asked for where there is neither a browser nor a package manager that has one', () => {
    const said =
      'The tests need chromium, chromium-browser, or google-chrome on the PATH. Install Chromium 120 or later, or name one with LEEWAY_CHROMIUM.'
    expect(provide('Chromium', {})).toEqual({ status: 1, said })
    expect(provide('Chromium', { brew: shellProgram('exit 0') })).toEqual({ status: 1, said })
  })

  it('is one that knows what the pages use', () => {
    const { status, said } = provide('Chromium', { chromium: shellProgram('echo "Chromium 99.0.4844.51"') })
    expect([status, said]).toEqual([1, 'The tests need Chromium 120 or later; chromium is Chromium 99.0.4844.51.'])
  })

  it('is no other program of that name', () => {
    const { status, said } = provide('Chromium', { chromium: process.execPath })
    expect([status, said]).toEqual([1, expect.stringContaining('--version says: v')])
  })
})
