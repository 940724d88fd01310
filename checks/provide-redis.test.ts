import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverBinary } from '@leeway/testing'
import { expect, it, onTestFinished } from 'vitest'

const script = new URL('../scripts/redis.mjs', import.meta.url).href

/** What a machine that has only these programs is told. */
function provide(programs: Record<string, string>, environment: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'leeway-path-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, path] of Object.entries(programs)) symlinkSync(path, join(folder, name))
  const program = `await (await import(${JSON.stringify(script)})).provideRedis().catch((error) => {
    console.log(error.message)
    process.exitCode = 1
  })`
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { PATH: folder, ...environment },
    encoding: 'utf8',
  })
  return { status, said: stdout.trim() }
}

it.each(['redis-server', 'valkey-server'])('is content with a %s on the PATH', (name) => {
  expect(provide({ [name]: serverBinary() })).toEqual({ status: 0, said: '' })
})

it('says what to install where there is neither a server nor a package manager', () => {
  const said = 'The tests need redis-server or valkey-server on the PATH. Install Redis 7.0 or Valkey 7.2, or later.'
  expect(provide({})).toEqual({ status: 1, said })
})

it('takes the server that LEEWAY_REDIS_SERVER names, and says when it cannot be started', () => {
  expect(provide({}, { LEEWAY_REDIS_SERVER: serverBinary() })).toEqual({ status: 0, said: '' })
  const { status, said } = provide({}, { LEEWAY_REDIS_SERVER: '/nowhere/redis-server' })
  expect([status, said]).toEqual([1, expect.stringContaining('The tests cannot start /nowhere/redis-server')])
})

it('does not take another program for a server', () => {
  const { status, said } = provide({ 'redis-server': process.execPath })
  expect([status, said]).toEqual([1, expect.stringContaining('--version says: v')])
})
